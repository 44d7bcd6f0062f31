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

/**
 * `TaskStatus.data`: the JSON text of `docker inspect`, an array of one, which Swarm's framework also parses. Values of
 * `secrets` are left out: statuses are written to disk, here and elsewhere.
 */
export const inspectData = (presented: Inspect, secrets: ReadonlySet<string>): Uint8Array =>
  Buffer.from(JSON.stringify([secrets.size === 0 ? presented : redacted(presented, secrets)]))

const redacted = (presented: Inspect, secrets: ReadonlySet<string>): Inspect => {
  const config = record(presented['Config'])
  const env = Array.isArray(config['Env']) ? config['Env'].map(String) : []
  const kept = env.map((entry) => {
    const name = entry.slice(0, entry.indexOf('='))
    return secrets.has(name) ? `${name}=<redacted>` : entry
  })
  return { ...presented, Config: { ...config, Env: kept } }
}
