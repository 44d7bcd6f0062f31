import type { Inspect } from '../../mesos/engine-endpoint.ts'
import type { NetworkInfo, TaskInfo } from '../../mesos/wire.ts'
import { record, text } from '../docker/inspect.ts'

/**
 * The addresses under which the task is reached (core-agent §3.3): of its network, else the legacy ones, else the
 * agent's own for host and none.
 */
export const networkInfos = (
  task: Pick<TaskInfo, 'container'>,
  inspect: Inspect,
  agentIp: string,
): readonly NetworkInfo[] => {
  const mode = text(record(inspect['HostConfig'])['NetworkMode'])
  const settings = record(inspect['NetworkSettings'])
  const networks = record(settings['Networks'])
  const all = Object.values(networks)
  // A network may be named by its id, under which it is not listed.
  const network = record(
    networks[mode === 'default' ? 'bridge' : mode] ?? (all.length === 1 ? all[0] : {}),
  )
  const ipv4 = text(network['IPAddress']) || text(settings['IPAddress'])
  const ipv6 = text(network['GlobalIPv6Address']) || text(settings['GlobalIPv6Address'])
  const own = [ipv4, ipv6].filter((ip) => ip !== '')
  const [asked] = task.container?.network_infos ?? []
  return [{ ...asked, ip_addresses: (own.length === 0 ? [agentIp] : own).map(address) }]
}

const address = (ip: string) =>
  ({ protocol: ip.includes(':') ? 'IPv6' : 'IPv4', ip_address: ip }) as const
