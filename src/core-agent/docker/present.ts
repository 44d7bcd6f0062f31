import type { Inspect } from '../../mesos/engine-endpoint.ts'
import type { Container } from '../state.ts'
import { record } from './inspect.ts'

/**
 * Inspect as the user may see it: HostConfig as asked for, not as accounting made it, and why a revoked container
 * was taken down (docker-frontend §4.4).
 */
export const present = (
  inspect: Inspect,
  { asked, revoked }: Pick<Container, 'asked' | 'revoked'>,
): Inspect => ({
  ...inspect,
  HostConfig: { ...record(inspect['HostConfig']), ...asked },
  ...(revoked === undefined ? {} : { State: { ...record(inspect['State']), Error: revoked } }),
})

/** `TaskStatus.data`: the JSON text of `docker inspect`, an array of one, which Swarm's framework also parses. */
export const inspectData = (presented: Inspect): Uint8Array =>
  Buffer.from(JSON.stringify([presented]))
