/** Every refusal of the Docker endpoint: its status, and its text in Docker's words where there are any (docker-frontend §1.5). */
const codes = {
  PAGE_NOT_FOUND: { status: 404, text: () => 'page not found' },
  CLIENT_TOO_NEW: {
    status: 400,
    text: (asked: string, maximum: string) =>
      `client version ${asked} is too new. Maximum supported API version is ${maximum}`,
  },
  CLIENT_TOO_OLD: {
    status: 400,
    text: (asked: string, minimum: string) =>
      `client version ${asked} is too old. Minimum supported API version is ${minimum}, please upgrade your client to a newer version`,
  },
  MALFORMED_URL: {
    status: 400,
    text: (path: string) => `malformed URL ${path}: a % must be followed by two hexadecimal digits`,
  },

  MALFORMED_JSON: { status: 400, text: (why: string) => `invalid JSON: ${why}` },
  WRONG_CONTENT_TYPE: {
    status: 400,
    text: (type: string) =>
      `unsupported Content-Type header (${type}): must be 'application/json', and the body is not JSON`,
  },
  INVALID_BODY: { status: 400, text: (why: string) => `invalid request body: ${why}` },
  BODY_TOO_LARGE: {
    status: 413,
    text: (limit: string) =>
      `request body too large: at most ${limit} bytes are read on this route`,
  },
  BODY_BROKEN: { status: 400, text: () => 'the request body ended before it was complete' },

  NO_UPGRADE: {
    status: 400,
    text: () => 'this route does not take a request with an Upgrade header',
  },

  INVALID_PARAMETER: { status: 400, text: (why: string) => why },
  INVALID_FILTER: { status: 400, text: (filter: string) => `Invalid filter '${filter}'` },
  MALFORMED_FILTERS: {
    status: 400,
    text: (why: string) => `invalid filters: ${why}; wanted JSON such as {"label":["a=b"]}`,
  },
  INVALID_CONTAINER_NAME: {
    status: 400,
    text: (name: string) =>
      `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
  },
  NO_EXEC_COMMAND: { status: 400, text: () => 'No exec command specified' },
  AMBIGUOUS_PREFIX: {
    status: 400,
    text: (prefix: string) => `multiple IDs found with provided prefix: ${prefix}`,
  },

  NO_SUCH_CONTAINER: { status: 404, text: (name: string) => `No such container: ${name}` },
  NO_SUCH_EXEC: { status: 404, text: (id: string) => `No such exec instance: ${id}` },
  NO_SUCH_IMAGE: { status: 404, text: (name: string) => `No such image: ${name}` },
  NO_SUCH_NETWORK: { status: 404, text: (name: string) => `network ${name} not found` },
  NO_SUCH_PLUGIN: { status: 404, text: (name: string) => `plugin "${name}" not found` },
  NO_SUCH_VOLUME: { status: 404, text: (name: string) => `get ${name}: no such volume` },

  NAME_IN_USE: {
    status: 409,
    text: (name: string, holder: string) =>
      `Conflict. The container name "/${name}" is already in use by ${holder}. You have to remove (or rename) that container to be able to reuse that name.`,
  },
  NETWORK_EXISTS: {
    status: 409,
    text: (name: string) => `network with name ${name} already exists`,
  },
  AMBIGUOUS_NAME: {
    status: 400,
    text: (what: string, nodes: string) =>
      `${what} exists on several nodes (${nodes}): name it as node/name`,
  },
  WRONG_NODE: { status: 409, text: (why: string) => why },

  CANCELLED: { status: 499, text: () => 'the client left before the answer' },
  NOT_PLACED: { status: 500, text: (why: string) => why },
  INTERNAL: { status: 500, text: (why: string) => `internal error: ${why}` },
  NOT_SERVED: {
    status: 501,
    text: (route: string, remedy: string) => `shoal does not serve ${route}: ${remedy}`,
  },
  ENGINE_ANSWER: {
    status: 502,
    text: (node: string) => `the engine of ${node} gave an answer that cannot be read`,
  },
  NOT_A_SWARM_MANAGER: {
    status: 503,
    text: () =>
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  },
  NOT_IN_A_SWARM: { status: 503, text: () => 'This node is not part of a swarm' },
  AGENT_UNREACHABLE: {
    status: 503,
    text: (agent: string, known: string) =>
      `agent ${agent} is unreachable${known}, its engine cannot be asked`,
  },
  NO_NODE: {
    status: 503,
    text: (what: string) => `no healthy node in the cluster can be asked for ${what}`,
  },
  BUSY: { status: 503, text: (why: string) => why },
} as const

export type ErrorCode = keyof typeof codes

/** The table without its functions, for the page that documents it. */
export const errorStatuses: Readonly<Record<ErrorCode, number>> = Object.fromEntries(
  Object.entries(codes).map(([code, { status }]) => [code, status]),
) as Record<ErrorCode, number>

type Details<Code extends ErrorCode> = Parameters<(typeof codes)[Code]['text']>

/** What went wrong in the caller's terms: a code and the details that its text names. Anything else that is thrown is a bug, and answers 500. */
export class ApiError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ApiError'
  readonly code: Code
  readonly status: number

  constructor(code: Code, ...details: Details<Code>) {
    const { status, text } = codes[code]
    super((text as (...details: Details<Code>) => string)(...details))
    this.code = code
    this.status = status
  }
}
