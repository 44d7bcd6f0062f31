import type { Onward } from '../runtime/relay.ts'
import type { Headers } from '../runtime/transport.ts'
import { apiVersion } from './api-version.ts'
import { type Answer, type Api, json, type Whole } from './call.ts'
import { addressOf, nodeName } from './engine.ts'
import { ApiError } from './errors.ts'

/** When a client whom the queue had no room for should come again. */
const retryAfterSeconds = '5'

/** On every answer, each once: they replace those of an engine (docker-frontend §1.3, D44). */
export const generalHeaders = ({ config }: Api): Headers => ({
  'api-version': apiVersion,
  'docker-experimental': 'false',
  ostype: 'linux',
  server: `shoal/${config.version} (linux)`,
})

/** `{"message"}` and nothing else, as dockerd; what is no ApiError is our bug, and says so. */
export const errorAnswer = (api: Api, error: unknown): Whole => {
  if (error instanceof ApiError) {
    const answer = json(error.status, { message: error.message })
    return error.code === 'BUSY'
      ? { ...answer, headers: { ...answer.headers, 'retry-after': retryAfterSeconds } }
      : answer
  }
  api.logger.error({ error }, 'a request ended in an error that is a bug')
  return errorAnswer(
    api,
    new ApiError('INTERNAL', error instanceof Error ? error.message : String(error)),
  )
}

/** How a relayed exchange reaches the agent, and what of it is ours. Throws AGENT_UNREACHABLE. */
export const onwardOf = (api: Api, answer: Extract<Answer, { kind: 'relay' }>): Onward => {
  const { host, port, origin, prefix, headers } = addressOf(api, answer.agent)
  const { agent, contentType } = answer
  return {
    at: { host, port },
    path: `${prefix}${answer.path}`,
    requestHeaders: { ...lowerCase(headers), host: origin },
    answerHeaders: (status) => ({
      ...generalHeaders(api),
      ...(status < 300 && contentType !== undefined ? { 'content-type': contentType } : {}),
    }),
    unanswered: ({ message }) => {
      const why = new ApiError('AGENT_UNREACHABLE', nodeName(api, agent), ` (${message})`)
      const { status, headers, body = new Uint8Array() } = errorAnswer(api, why)
      return { status, headers: { ...generalHeaders(api), ...headers }, body }
    },
  }
}

const lowerCase = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
