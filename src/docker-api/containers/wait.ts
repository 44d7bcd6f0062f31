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
    chunks: untilEnd(api, call, container, condition, stream),
  }
}

/**
 * The next read of whoever waited must see what it was told: the frontend's own picture follows first. A run that was
 * revoked is not the end of what is to be promoted: then the end of the next one is waited for.
 */
async function* untilEnd(
  api: Api,
  call: Call,
  container: ContainerView,
  condition: string,
  stream: EngineStream,
) {
  let waited = { container, stream }
  for (;;) {
    const answer = await wholeOf(waited.stream).catch(() => undefined)
    if (answer === undefined) {
      const Message = `agent ${waited.container.hostname} was lost while the container ran`
      yield `${JSON.stringify({ StatusCode: lostStatusCode, Error: { Message } })}\n`
      return
    }
    if (answer.body.byteLength === 0) return // The client has left.
    const isEnd = isWithoutError(answer)
    if (condition === 'removed' && isEnd) api.cluster.removed(waited.container)
    else await api.cluster.refresh(waited.container)
    const next = isEnd ? await nextEnd(api, call, waited.container, condition) : undefined
    if (next === undefined) {
      if (!call.signal.aborted) yield answer.body
      return
    }
    waited = next
  }
}

/** Undefined where there is none: what has ended is the last word. */
const nextEnd = async (
  api: Api,
  { version, signal }: Call,
  ended: ContainerView,
  condition: string,
): Promise<{ container: ContainerView; stream: EngineStream } | undefined> => {
  const container = await api.cluster.nextRun(ended, signal)
  if (container === undefined) return undefined
  const query = condition === 'removed' ? 'condition=removed' : 'condition=not-running'
  const request = { method: 'POST', path: `/containers/${container.id}/wait?${query}`, version }
  const stream = await engineStream(api, container.agent, request, signal).catch(() => undefined)
  return stream?.status === 200 ? { container, stream } : undefined
}

const isWithoutError = ({ body }: HttpResponse): boolean => {
  try {
    const { StatusCode, Error } = object(JSON.parse(Buffer.from(body).toString('utf8')))
    return StatusCode !== undefined && (Error ?? null) === null
  } catch {
    return false
  }
}
