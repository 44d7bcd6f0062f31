import type { MasterInfo, MasterInfoCapabilityType } from '../mesos/wire.ts'
import type { MasterConfig } from './config.ts'
import type { MasterState } from './state.ts'

/** Agents may change what they told of themselves and come back, they can be drained, quota has limits (core-master Z3). */
export const masterCapabilities: readonly MasterInfoCapabilityType[] = [
  'AGENT_UPDATE',
  'AGENT_DRAINING',
  'QUOTA_V2',
]

/** Libprocess' name of a master, which Mesos' views and clients show. */
export const pidOf = ({ address }: MasterConfig): string => `master@${address.ip}:${address.port}`

/** Who answers, as frameworks read it in SUBSCRIBED (core-master Z3). */
export const masterInfo = (state: MasterState, config: MasterConfig): MasterInfo => {
  const { ip, port } = config.address
  return {
    id: state.id,
    ip: ipNumber(ip),
    port,
    pid: pidOf(config),
    hostname: config.hostname,
    version: config.version,
    address: { hostname: config.hostname, ip, port },
    capabilities: masterCapabilities.map((type) => ({ type })),
  }
}

/** An IPv4 address in network byte order, read on a little-endian host: 127.0.0.1 is 16777343 (core-master Z3). */
const ipNumber = (ip: string): number => {
  const bytes = ip.split('.').map(Number)
  if (bytes.length !== 4 || bytes.some((byte) => !(byte >= 0 && byte <= 255))) return 0
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0)
}
