import { chmod } from 'node:fs/promises'
import type { Cluster } from '../mesos-framework/cluster.ts'
import { type Clock, systemClock } from '../runtime/clock.ts'
import { httpTransport } from '../runtime/http-client.ts'
import { type ListenAddress, listen } from '../runtime/http-server.ts'
import type { Logger } from '../runtime/logger.ts'
import type { DockerApiConfig } from './config.ts'
import { createDockerApi } from './server.ts'

export interface StartedDockerApi {
  /** Where it listens, in the order asked for; port 0 has become a port. */
  readonly addresses: readonly ListenAddress[]
  close(): Promise<void>
}

/** Opens the Docker endpoint of a cluster on every address, or on none: a listener that fails closes the others. */
export const startDockerApi = async (
  cluster: Cluster,
  config: DockerApiConfig,
  options: {
    readonly listen: readonly ListenAddress[]
    readonly logger: Logger
    readonly clock?: Clock
  },
): Promise<StartedDockerApi> => {
  const { logger, clock = systemClock } = options
  const transport = httpTransport()
  const app = createDockerApi(cluster, config, { clock, logger, transport })
  const close = async () => {
    await app.close()
    transport.close()
  }
  const addresses: ListenAddress[] = []
  try {
    for (const address of options.listen) {
      const bound = await listen(app, address)
      // Whoever can open the socket is root on every node.
      if ('socketPath' in bound) await chmod(bound.socketPath, 0o600)
      addresses.push(bound)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { addresses, close }
}
