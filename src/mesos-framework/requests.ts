import type { PlacementRequest } from '../constraints/node.ts'
import { quantities } from '../resources/resources.ts'
import { maxBodyBytes, maxGraceMs, maxWaiting } from './bounds.ts'
import type { ContainerView } from './cluster.ts'
import { readInspect } from './inspect.ts'
import type { Effect, JobOutcome, JobRequest, MessageOf } from './messages.ts'
import { generateName } from './names.ts'
import type { Job, RequestKey, Waiting } from './queue.ts'
import type { Context, FrameworkState } from './state.ts'
import { kindOf, readHeld } from './tasks/held.ts'
import type { Task } from './tasks/lifecycle.ts'

type Launching = Extract<Task, { phase: 'launching' }>

/** Puts a client's request into the queue; its name is taken in the same step (D34). */
export const submit = (
  state: FrameworkState,
  context: Context,
  { key, job: request, placement, isRequeue }: MessageOf<'SUBMIT'>,
): readonly Effect[] => {
  if (state.halted !== undefined)
    return [answer(key, { kind: 'failed', message: `container failed to start: ${state.halted}` })]
  if (state.queue.size >= maxWaiting)
    return [
      answer(key, {
        kind: 'busy',
        message: `${maxWaiting} containers wait for a place already; try again later`,
      }),
    ]
  const bodyBytes = request.type === 'create' ? bytesOf(request.request.body) : 0
  if (bodyBytes > maxBodyBytes)
    return [answer(key, { kind: 'engine', status: 413, message: tooLong(bodyBytes) })]
  const named = takeName(state, context, key, request)
  if ('kind' in named) return [answer(key, named)]
  const { taskTimeoutMs } = context.config
  const hasGrace = placement.kinds.length > 1 || isRequeue
  const graceMs = hasGrace ? Math.min(taskTimeoutMs / 5, maxGraceMs) : 0
  state.queue.arrive({
    key,
    job: named,
    // What is promoted does not stand in its own way.
    placement: { ...placement, name: promotedName(named) ?? named.name },
    bodyBytes,
    deadlineMs: isRequeue ? Infinity : context.monotonicMs + taskTimeoutMs,
    graceUntilMs: context.monotonicMs + graceMs,
    isRetry: false,
    tried: new Map(),
    lacks: { text: undefined },
    refusedBy: new Map(),
  })
  return []
}

const promotedName = (job: Job): string | undefined =>
  job.type === 'create' ? job.promotes?.name : undefined

const bytesOf = (body: Readonly<Record<string, unknown>>): number =>
  Buffer.byteLength(JSON.stringify(body))

const tooLong = (bytes: number): string =>
  `the create body is ${bytes} bytes long, at most ${maxBodyBytes} are accepted: put large values into a file or a volume`

/** Who holds the name of a request until its container shows it. */
export const holderOf = (key: RequestKey): string => `request ${key}`

const takeName = (
  state: FrameworkState,
  context: Context,
  key: RequestKey,
  request: JobRequest,
): Job | Extract<JobOutcome, { kind: 'name-in-use' }> => {
  if (request.type === 'start')
    return { ...request, name: readInspect(request.container).facts.name }
  const name = request.request.name || generateName(state.names, context.random)
  const taken = state.names.reserve(name, holderOf(key))
  if (taken.kind === 'in-use') return { kind: 'name-in-use', name, holder: taken.holder }
  return { ...request, name }
}

/** A container that starts again asks for what it held before, on its own agent (docker-frontend §6.8). */
export const placementOf = ({
  agent,
  inspect,
}: Pick<ContainerView, 'agent' | 'inspect'>): PlacementRequest => {
  const { facts } = readInspect(inspect)
  const held = readHeld(facts.labels)
  const asked = new Map([...quantities(held)].filter(([name]) => name !== 'ports'))
  return {
    name: facts.name,
    image: '',
    constraints: [],
    affinities: [],
    whitelists: [],
    kinds: [kindOf(facts.labels)],
    asked,
    revocableMemory: held.some(({ name, revocable }) => name === 'mem' && revocable),
    networkMode: facts.networkMode,
    publishedPorts: facts.publishedPorts,
    exposedPorts: facts.exposedPorts,
    dependencies: {
      volumesFrom: [],
      links: [],
      networkContainer: undefined,
      networks: [],
      volumes: [],
    },
    pinnedTo: agent,
  }
}

/** A launch that never started goes back to the head of the queue, once, with the rest of its time (§6.5). */
export const requeue = (
  state: FrameworkState,
  context: Context,
  { waiting, restMs }: Launching,
  why: string,
): readonly Effect[] => {
  if (waiting.isRetry) return giveUp(state, waiting, { kind: 'failed', message: why })
  comeBack(state, context, { ...waiting, isRetry: true }, restMs)
  return []
}

/** 409 for the name: a container that is not ours has it there, so another agent may still do (§6.1). */
export const nameRefused = (status: number, message: string): boolean =>
  status === 409 && message.includes('is already in use by container')

/** Tries the other agents; when the engine of each has refused, its answer is the client's. */
export const refuse = (
  state: FrameworkState,
  context: Context,
  { agent, waiting, restMs }: Launching,
  status: number,
  message: string,
): readonly Effect[] => {
  const refusedBy = new Map([...waiting.refusedBy, [agent, { status, message }]])
  const { pinnedTo } = waiting.placement
  const able = pinnedTo === undefined ? [...state.agents.keys()] : [agent]
  if (able.every((one) => refusedBy.has(one)))
    return giveUp(state, waiting, { kind: 'engine', status, message })
  comeBack(state, context, { ...waiting, refusedBy }, restMs)
  return []
}

const comeBack = (
  state: FrameworkState,
  context: Context,
  waiting: Waiting,
  restMs: number,
): void => {
  const deadlineMs = context.monotonicMs + restMs
  state.queue.comeBack({ ...waiting, deadlineMs, tried: new Map() })
}

/** Ends a request without a container: its name is free again. */
export const giveUp = (
  state: FrameworkState,
  { key, job }: Waiting,
  outcome: JobOutcome,
): readonly Effect[] => {
  state.queue.remove(key)
  if (job.type === 'create') state.names.release(job.name, holderOf(key))
  return [answer(key, outcome)]
}

const answer = (key: RequestKey, outcome: JobOutcome): Effect => ({ type: 'answer', key, outcome })
