import { type DockerPolicy, permits, refusal } from '../docker/policy.ts'

/**
 * Why the policy refuses a request that is relayed unread: volumes may be folders of the machine by their driver's
 * options, and a build may ask for the machine's network.
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
  if (!/\/build(\/|$)/.test(plain)) return undefined
  const shares = [...new URLSearchParams(query.join('?'))].some(
    ([name, value]) => name.toLowerCase() === 'networkmode' && /^(host|container:)/.test(value),
  )
  return shares && !permits(policy, 'host-network')
    ? refusal('networkmode', 'host-network')
    : undefined
}

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
