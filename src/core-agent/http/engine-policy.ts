import { type DockerPolicy, permits, refusal, valuesOf } from '../docker/policy.ts'

/**
 * Why the policy refuses a request that is relayed unread: volumes may be folders of the machine by their driver's
 * options, and a build may ask for the machine's network. A network is read (`networkProblem`), unless its path is
 * written so that only the engine takes it for one.
 */
export const relayProblem = (
  policy: DockerPolicy,
  method: string,
  url: string,
): string | undefined => {
  if (policy.allows === 'all' || method !== 'POST') return undefined
  const [path = '', ...query] = url.split('?')
  const plain = decoded(path)
  if (/\/volumes\//.test(plain) && !/\/volumes\/prune\/?$/.test(plain))
    return permits(policy, 'mounts') ? undefined : refusal('POST /volumes/create', 'mounts')
  if (/\/networks\/create\/?$/.test(plain))
    return permits(policy, 'host-network')
      ? undefined
      : refusal('POST /networks/create', 'host-network')
  if (!/\/build(\/|$)/.test(plain)) return undefined
  const shares = [...new URLSearchParams(query.join('?'))].some(
    ([name, value]) => name.toLowerCase() === 'networkmode' && /^(host|container:)/.test(value),
  )
  return shares && !permits(policy, 'host-network')
    ? refusal('networkmode', 'host-network')
    : undefined
}

/**
 * Why the policy refuses a network: other drivers than bridge put containers on the machine's own, and some options name
 * its bridges or take addresses, and so routes, of its choice. Names are read as the engine reads them.
 */
export const networkProblem = (
  policy: DockerPolicy,
  body: Readonly<Record<string, unknown>>,
): string | undefined => {
  if (permits(policy, 'host-network')) return undefined
  const ipam = valuesOf(body, 'IPAM')
  const demands: readonly (readonly [field: string, asks: boolean])[] = [
    ['Driver', valuesOf(body, 'Driver').some((driver) => !isOf(driver, ['', 'bridge']))],
    [
      'Options',
      valuesOf(body, 'Options')
        .flatMap(namesIn)
        .some((name) => !harmless.has(name)),
    ],
    ['ConfigFrom', valuesOf(body, 'ConfigFrom').flatMap(namesIn).length > 0],
    [
      'IPAM.Driver',
      ipam.flatMap((one) => valuesOf(one, 'Driver')).some((one) => !isOf(one, ['', 'default'])),
    ],
    ['IPAM.Options', ipam.flatMap((one) => valuesOf(one, 'Options')).flatMap(namesIn).length > 0],
    ['IPAM.Config', ipam.flatMap((one) => valuesOf(one, 'Config')).flatMap(namesIn).length > 0],
  ]
  const refused = demands.find(([, asks]) => asks)
  return refused === undefined ? undefined : refusal(refused[0], 'host-network')
}

/** Of the bridge driver (moby `libnetwork/drivers/bridge/labels.go`): they concern the new bridge alone. */
const harmless: ReadonlySet<string> = new Set([
  'com.docker.network.bridge.enable_icc',
  'com.docker.network.bridge.enable_ip_masquerade',
  'com.docker.network.container_iface_prefix',
  'com.docker.network.driver.mtu',
])

const isOf = (value: unknown, allowed: readonly string[]): boolean =>
  value === null || allowed.some((one) => one === value)

/** Names of an object, places of a list. */
const namesIn = (value: unknown): readonly string[] => Object.keys(Object(value) as object)

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
