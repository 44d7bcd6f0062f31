import { flagJson, parseCredentials } from '../../runtime/credential.ts'
import { ConfigError, type FlagTable, last, optional, parseBoolean } from '../../runtime/flags.ts'
import { parseAcls } from './acls.ts'
import { parseRateLimits } from './rate-limits.ts'
import type { Authentication, Realm } from './realms.ts'

const env = (name: string): readonly string[] => [`MESOS_${name.toUpperCase()}`]

/** Flags about who may do what (core-master §9); names and defaults are Mesos'. */
export const securityFlags = {
  credentials: {
    value: 'FILE',
    env: env('credentials'),
    fallback: undefined,
    isSecret: true,
    help: 'principals and their secrets: path of {"credentials":[{"principal":"…","secret":"…"}]}, or of lines of both',
    parse: optional(parseCredentials),
  },
  authenticate_http_readonly: {
    env: env('authenticate_http_readonly'),
    fallback: 'false',
    help: 'views need a principal and its secret',
    parse: last(parseBoolean),
  },
  authenticate_http_readwrite: {
    env: env('authenticate_http_readwrite'),
    fallback: 'false',
    help: 'calls of operators need a principal and its secret',
    parse: last(parseBoolean),
  },
  authenticate_http_frameworks: {
    env: env('authenticate_http_frameworks'),
    fallback: 'false',
    help: 'frameworks need a principal and its secret',
    parse: last(parseBoolean),
  },
  authenticate_agents: {
    env: env('authenticate_agents'),
    fallback: 'false',
    help: 'agents need a principal and its secret',
    parse: last(parseBoolean),
  },
  acls: {
    value: 'JSON',
    env: env('acls'),
    fallback: undefined,
    help: 'which principal may do what: JSON, or the path of it (default: everybody everything)',
    parse: optional(parseAcls),
  },
  rate_limits: {
    value: 'JSON',
    env: env('rate_limits'),
    fallback: undefined,
    help: 'calls in a second that the frameworks of a principal may make: JSON, or the path of it (default: no limit)',
    parse: optional(parseRateLimits),
  },
  root_submissions: {
    env: env('root_submissions'),
    fallback: 'true',
    help: 'frameworks may be of the user root',
    parse: last(parseBoolean),
  },
  firewall_rules: {
    value: 'JSON',
    env: env('firewall_rules'),
    fallback: undefined,
    help: 'endpoints that are answered 403: {"disabled_endpoints":{"paths":["/state"]}}, or the path of it',
    parse: optional(parseFirewall),
  },
} satisfies FlagTable

/** Who must authenticate. Throws ConfigError where nobody could. */
export const authenticationOf = (values: {
  readonly credentials: ReadonlyMap<string, string> | undefined
  readonly authenticate_http_readonly: boolean
  readonly authenticate_http_readwrite: boolean
  readonly authenticate_http_frameworks: boolean
  readonly authenticate_agents: boolean
}): Authentication => {
  const realms: Readonly<Record<Realm, boolean>> = {
    readonly: values.authenticate_http_readonly,
    readwrite: values.authenticate_http_readwrite,
    scheduler: values.authenticate_http_frameworks,
    agent: values.authenticate_agents,
  }
  const required = new Set(
    (Object.keys(realms) as readonly Realm[]).filter((realm) => realms[realm]),
  )
  if (required.size > 0 && values.credentials === undefined)
    throw new ConfigError(['--credentials: needed by the --authenticate_… flags that are given'])
  return { required, secrets: values.credentials ?? new Map() }
}

function parseFirewall(text: string): ReadonlySet<string> {
  const wanted = 'wanted {"disabled_endpoints":{"paths":["/…"]}}'
  let parsed: { readonly disabled_endpoints?: { readonly paths?: unknown } } | null
  try {
    parsed = JSON.parse(flagJson(text)) as typeof parsed
  } catch (error) {
    throw new Error(`${wanted}, got neither JSON nor the path of it`, { cause: error })
  }
  const paths = parsed?.disabled_endpoints?.paths
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string'))
    throw new Error(wanted)
  return new Set(paths.map((path: string) => path.replace(/^\/master(?=\/)/, '')))
}
