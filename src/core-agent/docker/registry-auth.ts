/** What a `docker login` left for one registry. */
interface Login {
  readonly username?: string
  readonly password?: string
  readonly identityToken?: string
}

/** Of config.json, or of the older .dockercfg, what a pull needs. Registries are by their host. */
export interface DockerConfig {
  readonly logins: ReadonlyMap<string, Login>
  /** Programs that would be asked, by registry; these this agent does not run. */
  readonly helpers: ReadonlyMap<string, string>
  /** Asked for every registry that has an entry without a login. */
  readonly store: string | undefined
  /** Registries that are named, with a login or without. */
  readonly named: ReadonlySet<string>
}

/** More is none of docker's. */
export const maxDockerConfigBytes = 1024 * 1024

/** A docker config that cannot be used: the text says what to do. */
export class DockerConfigError extends Error {
  override readonly name = 'DockerConfigError'
}

/** The text of a config.json, `{auths: {…}}`, or of a .dockercfg, which is the inside of that. Throws DockerConfigError. Pure. */
export const parseDockerConfig = (text: string): DockerConfig => {
  const all = objectOf(parsed(text), 'a docker config')
  const isNew = ['auths', 'credHelpers', 'credsStore', 'HttpHeaders'].some((key) => key in all)
  const auths = isNew ? objectOf(all['auths'] ?? {}, 'auths') : all
  const logins = new Map<string, Login>()
  const named = new Set<string>()
  for (const [key, value] of Object.entries(auths)) {
    const host = hostOf(key)
    named.add(host)
    const login = loginOf(key, objectOf(value, `the login of ${key}`))
    if (login !== undefined) logins.set(host, login)
  }
  const helpers = isNew ? objectOf(all['credHelpers'] ?? {}, 'credHelpers') : {}
  const store = isNew ? all['credsStore'] : undefined
  return {
    logins,
    named,
    helpers: new Map(Object.entries(helpers).map(([key, name]) => [hostOf(key), String(name)])),
    store: typeof store === 'string' && store !== '' ? store : undefined,
  }
}

/**
 * `X-Registry-Auth` for the pull of an image (Docker API, "Authentication"), undefined where the config says nothing of
 * its registry. Throws DockerConfigError where it leaves the registry to a credential helper. Pure.
 */
export const registryAuth = (config: DockerConfig, reference: string): string | undefined => {
  const host = registryOf(reference)
  const login = config.logins.get(host)
  if (login !== undefined) {
    const { identityToken, username, password } = login
    const serveraddress = host === hub ? 'https://index.docker.io/v1/' : host
    const auth =
      identityToken === undefined
        ? { username, password, serveraddress }
        : { identitytoken: identityToken, serveraddress }
    return Buffer.from(JSON.stringify(auth)).toString('base64url')
  }
  const helper = config.helpers.get(host) ?? (config.named.has(host) ? config.store : undefined)
  if (helper === undefined) return undefined
  throw new DockerConfigError(
    `the docker config leaves ${host} to the credential helper ${helper}, which an agent does not run: put the login into auths`,
  )
}

const hub = 'docker.io'

/** The Docker Hub has several names. */
const hubNames: ReadonlySet<string> = new Set([
  hub,
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
])

/** Of `https://host:port/v1/` and the like. */
const hostOf = (key: string): string => {
  const host = key.replace(/^https?:\/\//, '').split('/')[0] ?? ''
  return hubNames.has(host) ? hub : host
}

/** The first part of a reference is its registry if it looks like one (distribution/reference). */
const registryOf = (reference: string): string => {
  const [first = '', ...more] = reference.split('/')
  const isHost = more.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  return isHost ? hostOf(first) : hub
}

const loginOf = (key: string, entry: JsonObject): Login | undefined => {
  const { identitytoken, username, password, auth } = entry
  if (typeof identitytoken === 'string' && identitytoken !== '')
    return { identityToken: identitytoken }
  if (typeof auth === 'string' && auth !== '') {
    const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')
    const at = decoded.indexOf(':')
    if (at < 1)
      throw new DockerConfigError(`auth of ${key}: wanted the base64 text of user:password`)
    return { username: decoded.slice(0, at), password: decoded.slice(at + 1) }
  }
  return typeof username === 'string' && typeof password === 'string'
    ? { username, password }
    : undefined
}

type JsonObject = Readonly<Record<string, unknown>>

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // The engine of JSON would show a piece of it, which may be a password.
    throw new DockerConfigError(
      'wanted JSON such as {"auths": {"registry.example.com": {"auth": "…"}}}',
    )
  }
}

const objectOf = (value: unknown, what: string): JsonObject => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as JsonObject
  throw new DockerConfigError(`wanted a JSON object for ${what}`)
}
