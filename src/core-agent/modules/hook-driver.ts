import type { AgentLinkCall } from '../../mesos/wire.ts'
import { CommandError, type CommandSpec } from '../command/containers.ts'
import type { DockerPolicy } from '../docker/policy.ts'
import type { Message } from '../message.ts'
import { type AgentState, type TaskKey, taskKey } from '../state.ts'
import { type CreationHooks, creationHooks } from './creation-hooks.ts'
import { HookError, type Hooks, type Subject } from './hooks.ts'
import type { HookAct, Unlabeled } from './message.ts'

/** Calls to the master that wait until a status is decorated; beyond, statuses go out as they are, still in order. */
export const maxWaitingCalls = 256

type Call = Omit<AgentLinkCall, 'agent_id' | 'session_id'>

export interface HookDriverOptions {
  readonly hooks: Hooks
  readonly state: AgentState
  readonly policy: DockerPolicy
  readonly tell: (message: Message) => void
  readonly send: (call: Call) => void
}

/** Has hooks asked where effects are performed; what they say goes into the effect, or comes back as a message. */
export class HookDriver {
  readonly #options: HookDriverOptions
  /** Done when every earlier call has been sent. */
  #sending: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(options: HookDriverOptions) {
    this.#options = options
  }

  perform(act: HookAct): void {
    if (act.type === 'hook-removed') void this.#options.hooks.removed(act.subject)
    else this.#label(act.launch)
  }

  /** Calls go out in the order in which they came, also where a status among them waits for its hooks. */
  send(call: Call): void {
    const { hooks, send } = this.#options
    if (!hooks.has('taskStatusDecorator')) return send(call)
    const isFull = this.#waiting >= maxWaitingCalls
    const ready = isFull ? Promise.resolve(call) : this.#decorated(call)
    this.#waiting += 1
    this.#sending = Promise.all([ready, this.#sending]).then(([one]) => {
      this.#waiting -= 1
      send(one)
    })
  }

  forCreation(key: TaskKey, containerId: string, sandbox: string | undefined): CreationHooks {
    const { hooks, state, policy } = this.#options
    return creationHooks(hooks, subjectOf(state, key, containerId, sandbox), policy)
  }

  /** The command with the variables that hooks add; rejects with CommandError. */
  async forCommand(spec: CommandSpec): Promise<CommandSpec> {
    const { hooks } = this.#options
    if (!hooks.has('executorEnvironmentDecorator')) return spec
    const { environment } = spec
    const subject = this.#subjectOf(spec)
    try {
      const added = await hooks.executorEnvironment(subject, Object.fromEntries(environment))
      return { ...spec, environment: new Map([...environment, ...Object.entries(added)]) }
    } catch (error) {
      throw commandError(error)
    }
  }

  /** The files of a command are in its sandbox. Rejects with CommandError. */
  async afterFetch(spec: CommandSpec): Promise<void> {
    const { hooks } = this.#options
    if (!hooks.has('postFetch')) return
    try {
      await hooks.fetched(this.#subjectOf(spec))
    } catch (error) {
      throw commandError(error)
    }
  }

  #subjectOf({ containerId, sandbox }: CommandSpec): Subject {
    const { state } = this.#options
    const task = [...state.tasks.values()].find((one) => one.containerId === containerId)
    return task === undefined
      ? executorSubject(state, containerId, sandbox)
      : subjectOf(state, task.key, containerId, sandbox)
  }

  #label(launch: Unlabeled): void {
    const { hooks, tell } = this.#options
    const { framework_info: framework } = launch.event
    const [tasks, executor] =
      launch.type === 'LAUNCH'
        ? [[launch.event.task_info], launch.event.task_info.executor]
        : [launch.event.task_infos ?? [], launch.event.executor_info]
    Promise.all(tasks.map((task) => hooks.taskLabels({ framework, executor, task }))).then(
      (labels) => tell({ type: 'LABELED', launch, outcome: { labels } }),
      (error: unknown) => {
        if (!(error instanceof HookError)) throw error
        const { status, message } = error
        tell({ type: 'LABELED', launch, outcome: { status, message } })
      },
    )
  }

  async #decorated(call: Call): Promise<Call> {
    const { status_update: update } = call
    if (update === undefined) return call
    const { hooks, state } = this.#options
    const key = taskKey(update.framework_id.value, update.status.task_id.value)
    const { framework } = subjectOf(state, key, '', undefined)
    return {
      ...call,
      status_update: { ...update, status: await hooks.status(framework, update.status) },
    }
  }
}

const subjectOf = (
  state: AgentState,
  key: TaskKey,
  containerId: string,
  sandbox: string | undefined,
): Subject => {
  const task = state.tasks.get(key)
  return {
    framework: task && state.frameworks.get(task.frameworkId),
    executor: task?.info.executor,
    task: task?.info,
    containerId,
    sandbox,
  }
}

const executorSubject = (state: AgentState, containerId: string, sandbox: string): Subject => {
  const executor = [...state.executors.values()].find((one) => one.containerId === containerId)
  return {
    framework: executor && state.frameworks.get(executor.frameworkId),
    executor: executor?.info,
    task: undefined,
    containerId,
    sandbox,
  }
}

const commandError = (error: unknown): unknown =>
  error instanceof HookError ? new CommandError(error.message, { cause: error }) : error
