import type { ContainerView } from '../../mesos-framework/cluster.ts'
import type { HttpResponse } from '../../runtime/transport.ts'
import { readBody } from '../body.ts'
import { type Answer, type Api, type Call, empty, verbatim } from '../call.ts'
import { ask, assertReachable, engineTimeoutMs } from '../engine.ts'
import { object } from '../json.ts'
import { integer } from '../query.ts'
import { findContainer } from './find.ts'
import { refusal } from './refusal.ts'

/** dockerd's grace where neither the call nor the container states one, in seconds. */
const defaultStopSeconds = 10
/** `t=-1` waits for ever in dockerd; here a day. */
const longestStopSeconds = 86_400

/** `POST …/start`: a created container, or a stopped one as a new task on its node; 304 when it runs (docker-frontend §6.8). */
export const startContainer = async (api: Api, call: Call): Promise<Answer> => {
  const container = findContainer(api.cluster, call.params['name'] ?? '')
  assertReachable(api, container)
  const outcome = await api.cluster.start(container, call.signal)
  if (outcome.kind === 'started') return empty(204)
  if (outcome.kind === 'already-started') return empty(304)
  return refusal(outcome)
}

/**
 * A call that changes the container on its engine and is answered whole: stop, kill, restart, pause, update, DELETE.
 * The answer leaves when the frontend's own picture has followed, so that the next read sees it.
 */
export const changeContainer =
  (path: string) =>
  async (api: Api, call: Call): Promise<Answer> => {
    const container = findContainer(api.cluster, call.params['name'] ?? '')
    const response = await change(api, call, container, `${path}${call.search}`)
    return verbatim(response)
  }

/** `POST …/stop`: the container is to stay down. One that is to run again after a revocation has but to forget that. */
export const stopContainer = async (api: Api, call: Call): Promise<Answer> => {
  const container = findContainer(api.cluster, call.params['name'] ?? '')
  return api.cluster.endRequeue(container) ? empty(204) : changeContainer('/stop')(api, call)
}

/**
 * `POST …/kill`: of a container that is to run again after a revocation, as dockerd takes it of one that its restart
 * policy is about to start. A running one may live on, so it keeps its labels' promise.
 */
export const killContainer = async (api: Api, call: Call): Promise<Answer> => {
  const container = findContainer(api.cluster, call.params['name'] ?? '')
  const isPending = container.requeue !== undefined && container.requeue.phase !== 'given-up'
  return isPending && api.cluster.endRequeue(container)
    ? empty(204)
    : changeContainer('/kill')(api, call)
}

/** `POST …/restart`: a container whose task is over is started, which needs a new task (docker-frontend §6.8). */
export const restartContainer = async (api: Api, call: Call): Promise<Answer> => {
  const { inspect } = findContainer(api.cluster, call.params['name'] ?? '')
  const { Status: status } = object(inspect['State'])
  const isOver = status === 'created' || status === 'exited'
  if (!isOver) return restartRunning(api, call)
  const started = await startContainer(api, call)
  return started.kind === 'whole' && started.status === 304 ? restartRunning(api, call) : started
}

const restartRunning = changeContainer('/restart')

/** `path` goes after `/containers/{id}`, its query included. */
export const change = async (
  api: Api,
  call: Call,
  container: ContainerView,
  path: string,
): Promise<HttpResponse> => {
  assertReachable(api, container)
  const contentType = call.request.headers['content-type']
  const body = await readBody(call.request)
  const response = await ask(api, container.agent, {
    method: call.method,
    path: `/containers/${container.id}${path}`,
    version: call.version,
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    body,
    timeoutMs: stopMs(container, call) + engineTimeoutMs,
  })
  await api.cluster.refresh(container)
  return response
}

/** How long the engine may wait for the container to end by itself. */
const stopMs = (container: ContainerView, call: Call): number => {
  const { StopTimeout: own } = object(container.inspect['Config'])
  const asked = integer(call.query, 't')
  const seconds = asked ?? (typeof own === 'number' ? own : defaultStopSeconds)
  return 1000 * (seconds < 0 ? longestStopSeconds : Math.min(seconds, longestStopSeconds))
}
