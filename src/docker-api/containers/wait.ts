import type { ContainerView } from '../../mesos-framework/cluster.ts'
import type { HttpResponse } from '../../runtime/transport.ts'
import { type Answer, type Api, type Call, verbatim } from '../call.ts'
import { assertReachable } from '../engine.ts'
import { type EngineStream, engineStream, wholeOf } from '../engine-stream.ts'
import { ApiError } from '../errors.ts'
import { object } from '../json.ts'
import { findContainer } from './find.ts'

const conditions = ['', 'not-running', 'next-exit', 'removed']

/** Exit status where nobody can know it any more: the agent was lost while the client waited (docker-frontend §2.2). */
const lostStatusCode = 125

/** `POST …/wait`: headers at once, the body when the container ends. */
export const waitContainer = async (api: Api, call: Call): Promise<Answer> => {
  const container = findContainer(api.cluster, call.params['name'] ?? '')
  const condition = call.query.get('condition') ?? ''
  if (!conditions.includes(condition))
    throw new ApiError('INVALID_PARAMETER', `invalid condition: "${condition}"`)
  assertReachable(api, container)
  const path = `/containers/${container.id}/wait${call.search}`
  const request = { method: 'POST', path, version: call.version }
  const stream = await engineStream(api, container.agent, request, call.signal)
  if (stream.status !== 200) return verbatim(await wholeOf(stream))
  return {
    kind: 'stream',
    status: 200,
    headers: { 'content-type': 'application/json' },
    chunks: untilEnd(api, container, condition, stream),
  }
}

/** The next read of whoever waited must see what it was told: the frontend's own picture follows first. */
async function* untilEnd(
  api: Api,
  container: ContainerView,
  condition: string,
  stream: EngineStream,
) {
  const answer = await wholeOf(stream).catch(() => undefined)
  if (answer === undefined) {
    const Message = `agent ${container.hostname} was lost while the container ran`
    yield `${JSON.stringify({ StatusCode: lostStatusCode, Error: { Message } })}\n`
    return
  }
  if (answer.body.byteLength === 0) return // The client has left.
  if (condition === 'removed' && isWithoutError(answer)) api.cluster.removed(container)
  else await api.cluster.refresh(container)
  yield answer.body
}

const isWithoutError = ({ body }: HttpResponse): boolean => {
  try {
    const { StatusCode, Error } = object(JSON.parse(Buffer.from(body).toString('utf8')))
    return StatusCode !== undefined && (Error ?? null) === null
  } catch {
    return false
  }
}
