import type { Change, Stopping } from '../docker/engine.ts'

/** What a request to the engine endpoint is, before anybody looks whose container it names. */
export type EngineRoute =
  | { readonly kind: 'watch' }
  | { readonly kind: 'list'; readonly query: URLSearchParams }
  | { readonly kind: 'inspect'; readonly container: string; readonly size: boolean }
  | { readonly kind: 'change'; readonly container: string; readonly change: Change }
  /** A change whose particulars are in the JSON body. */
  | { readonly kind: 'update'; readonly container: string }
  | { readonly kind: 'exec-create'; readonly container: string }
  | {
      readonly kind: 'network-member'
      readonly network: string
      readonly action: 'connect' | 'disconnect'
    }
  | { readonly kind: 'network-create' }
  | Relayed
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }

/** Passed byte for byte once its owner is known; `path` gives the Docker path, the container's full id in it. */
export interface Relayed {
  readonly kind: 'relay'
  readonly owner:
    | { readonly by: 'nobody' }
    | { readonly by: 'container'; readonly reference: string }
    | { readonly by: 'exec'; readonly id: string }
    /** Lists and streams of many containers: the owner's label is added to `filters`. */
    | { readonly by: 'filter' }
  path(fullId: string): string
  /** The client may expect raw bytes both ways after the head, with or without an Upgrade header. */
  readonly hijacked: boolean
}

interface Match {
  readonly parameters: Readonly<Record<string, string>>
  readonly path: string
  readonly query: URLSearchParams
}

type Row = readonly [methods: string, pattern: string, route: (match: Match) => EngineRoute]

/**
 * The endpoint on one screen (docker-frontend §2.5): what changes a container's task passes through the agent, lists
 * get the owner's filter, everything else is relayed. `:x` is one segment, a trailing `*` any rest.
 */
const rows: readonly Row[] = [
  ['GET', '/watch', () => ({ kind: 'watch' })],
  ['POST', '/containers/create', () => refused(403, 'a container is created by launching a task')],
  ['GET', '/containers/json', ({ query }) => ({ kind: 'list', query })],
  ['GET', '/containers/ps', ({ query }) => ({ kind: 'list', query })],
  ['POST', '/containers/prune', (match) => relay(match, { by: 'filter' })],
  [
    'GET',
    '/containers/:id/json',
    ({ parameters: { id = '' }, query }) => ({
      kind: 'inspect',
      container: id,
      size: isTrue(query, 'size'),
    }),
  ],
  ['POST', '/containers/:id/start', (match) => change(match, { type: 'start' })],
  ['POST', '/containers/:id/stop', (match) => change(match, { type: 'stop', ...stopping(match) })],
  [
    'POST',
    '/containers/:id/restart',
    (match) => change(match, { type: 'restart', ...stopping(match) }),
  ],
  [
    'POST',
    '/containers/:id/kill',
    (match) => change(match, { type: 'kill', signal: match.query.get('signal') || 'SIGKILL' }),
  ],
  [
    'POST',
    '/containers/:id/rename',
    (match) => change(match, { type: 'rename', name: match.query.get('name') ?? '' }),
  ],
  [
    'POST',
    '/containers/:id/update',
    ({ parameters: { id = '' } }) => ({
      kind: 'update',
      container: id,
    }),
  ],
  [
    'DELETE',
    '/containers/:id',
    (match) =>
      change(match, {
        type: 'remove',
        force: isTrue(match.query, 'force'),
        volumes: isTrue(match.query, 'v'),
        link: isTrue(match.query, 'link'),
      }),
  ],
  [
    'POST',
    '/containers/:id/exec',
    ({ parameters: { id = '' } }) => ({
      kind: 'exec-create',
      container: id,
    }),
  ],
  ['POST', '/containers/:id/attach', (match) => ofContainer(match, { hijacked: true })],
  ['GET POST HEAD PUT', '/containers/:id/*', (match) => ofContainer(match)],
  ['POST', '/exec/:id/start', (match) => ofExec(match, { hijacked: true })],
  ['GET POST', '/exec/:id/:action', (match) => ofExec(match)],
  [
    'POST',
    '/commit',
    (match) => {
      const reference = match.query.get('container') ?? ''
      return {
        ...relay(match, { by: 'container', reference }),
        path: (fullId) => {
          const query = new URLSearchParams(match.query)
          query.set('container', fullId)
          return `/commit?${query.toString()}`
        },
      }
    },
  ],
  ['POST', '/networks/create', () => ({ kind: 'network-create' })],
  ['POST', '/networks/:network/connect', (match) => member(match, 'connect')],
  ['POST', '/networks/:network/disconnect', (match) => member(match, 'disconnect')],
  [
    'GET',
    '/events',
    (match) => relay(match, ofTheNode(match) ? { by: 'nobody' } : { by: 'filter' }),
  ],
  ...['/swarm*', '/nodes*', '/services*', '/tasks*', '/secrets*', '/configs*', '/plugins*'].map(
    (pattern): Row => ['*', pattern, () => refused(403, 'not served through an agent')],
  ),
  ...[
    '/_ping',
    '/version',
    '/info',
    '/auth',
    '/system/df',
    '/images/*',
    '/networks*',
    '/volumes*',
    '/distribution/*',
    '/build*',
    '/session',
    '/grpc',
  ].map((pattern): Row => ['*', pattern, (match) => relay(match, { by: 'nobody' })]),
]

/** What is asked of the Docker API at `url` (path below the prefix and below the version, query). */
export const engineRoute = (method: string, url: string): EngineRoute => {
  const [path = '', ...query] = url.split('?')
  for (const [methods, pattern, route] of compiled) {
    if (methods !== '*' && !methods.split(' ').includes(method)) continue
    const found = pattern.exec(path)
    if (found === null) continue
    return route({
      parameters: found.groups ?? {},
      path: url,
      query: new URLSearchParams(query.join('?')),
    })
  }
  return refused(404, 'page not found')
}

/** Our own patterns, never a user's text. */
const compiled = rows.map(([methods, pattern, route]) => {
  const source = pattern.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)').replace(/\*$/, '.*')
  return [methods, new RegExp(`^${source}$`), route] as const
})

const refused = (status: number, message: string): EngineRoute => ({
  kind: 'refused',
  status,
  message,
})

const relay = ({ path }: Match, owner: Relayed['owner'], { hijacked = false } = {}): Relayed => ({
  kind: 'relay',
  owner,
  path: () => path,
  hijacked,
})

/** Events of these types belong to nobody: images, networks and volumes are the node's (docker-frontend §2.5). */
const nodeWide: ReadonlySet<string> = new Set(['image', 'network', 'volume', 'daemon'])

/** Only such events are asked for. */
const ofTheNode = ({ query }: Match): boolean => {
  const types = readFilters(query.get('filters'))['type'] ?? []
  return types.length > 0 && types.every((type) => nodeWide.has(type))
}

const ofContainer = (match: Match, options?: { readonly hijacked: boolean }): EngineRoute => {
  const { id = '' } = match.parameters
  const rest = match.path.slice(`/containers/${id}`.length)
  return {
    ...relay(match, { by: 'container', reference: id }, options),
    path: (fullId) => `/containers/${fullId}${rest}`,
  }
}

const ofExec = (match: Match, options?: { readonly hijacked: boolean }): EngineRoute =>
  relay(match, { by: 'exec', id: match.parameters['id'] ?? '' }, options)

const change = ({ parameters: { id = '' } }: Match, change: Change): EngineRoute => ({
  kind: 'change',
  container: id,
  change,
})

const member = (
  { parameters: { network = '' } }: Match,
  action: 'connect' | 'disconnect',
): EngineRoute => ({ kind: 'network-member', network, action })

const stopping = ({ query }: Match): Stopping => {
  const timeout = query.get('t') ?? ''
  const signal = query.get('signal') ?? ''
  return {
    ...(/^-?\d+$/.test(timeout) ? { timeoutSeconds: Number(timeout) } : {}),
    ...(signal === '' ? {} : { signal }),
  }
}

/** Docker's own reading of a boolean (api/server/httputils/form.go). */
export const isTrue = (query: URLSearchParams, name: string): boolean =>
  !['', '0', 'no', 'false', 'none'].includes((query.get(name) ?? '').trim().toLowerCase())

/** The owner's labels in `filters`, beside what the client put there: only its own containers are seen. */
export const withLabels = (url: string, labels: readonly string[]): string => {
  const [path = '', ...rest] = url.split('?')
  const query = new URLSearchParams(rest.join('?'))
  const filters = readFilters(query.get('filters'))
  query.set(
    'filters',
    JSON.stringify({ ...filters, label: [...(filters['label'] ?? []), ...labels] }),
  )
  return `${path}?${query.toString()}`
}

/** Both forms of the API: lists, and the older maps to true. Anything else is no filter. */
export const readFilters = (text: string | null): Readonly<Record<string, readonly string[]>> => {
  let value: unknown
  try {
    value = JSON.parse(text || '{}')
  } catch {
    return {}
  }
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).map(([name, given]: [string, unknown]) => [
      name,
      Array.isArray(given) ? given.map(String) : Object.keys(Object(given) as object),
    ]),
  )
}

/** `1.41` within the engine's range; undefined where the path names no version. */
export const clampVersion = (
  asked: string | undefined,
  engine: { readonly minApiVersion: string; readonly apiVersion: string },
): string | undefined => {
  if (asked === undefined) return undefined
  if (compareVersions(asked, engine.minApiVersion) < 0) return engine.minApiVersion
  return compareVersions(asked, engine.apiVersion) > 0 ? engine.apiVersion : asked
}

const compareVersions = (a: string, b: string): number => {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}
