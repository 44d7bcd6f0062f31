import type {
  Attribute,
  ExecutorInfo,
  FrameworkInfo,
  Labels,
  TaskInfo,
  TaskStatus,
  Resource as WireResource,
} from '../../mesos/wire.ts'
import type { ParsedResources } from '../../resources/parse.ts'
import {
  attributesOf,
  type CreateAnswer,
  createOf,
  type Environment,
  environmentOf,
  type LaunchAnswer,
  labelsOf,
  launchOf,
  nothing,
  resourcesOf,
  type StatusAnswer,
  statusOf,
} from './answers.ts'
import type { moduleKinds } from './descriptor.ts'
import { type Plugin, PluginError } from './plugin.ts'

/** Of each call of each hook (core-agent §10). */
export const hookDeadlineMs = 10_000

export type HookMethod =
  | (typeof moduleKinds)['Hook'][number]
  | (typeof moduleKinds)['DockerCreateDecorator'][number]

/** A hook is against it, with 403, or a fail-closed one has failed, with 500; the text is for the framework. */
export class HookError extends Error {
  override readonly name = 'HookError'
  readonly status: 403 | 500
  constructor(status: 403 | 500, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** Whose container a call is about. */
export interface Subject {
  readonly framework: FrameworkInfo | undefined
  readonly executor: ExecutorInfo | undefined
  /** Undefined: an executor's own container. */
  readonly task: TaskInfo | undefined
  readonly containerId: string
  /** Path on the machine; undefined: it has none. */
  readonly sandbox: string | undefined
}

export interface Machine {
  readonly hostname: string
  readonly resources: readonly WireResource[]
  readonly attributes: readonly Attribute[]
}

/**
 * The hooks of `--hooks`, asked in that order, each for what the ones before it made; of one environment variable the
 * last counts. A call of a fail-open hook that fails changes nothing. Rejects with HookError.
 */
export class Hooks {
  readonly #plugins: readonly Plugin[]

  constructor(plugins: readonly Plugin[]) {
    this.#plugins = plugins
  }

  has(method: HookMethod): boolean {
    return this.#plugins.some((plugin) => plugin.has(method))
  }

  /** Instead of what was given and detected; undefined: as it is. */
  async resources(
    machine: Machine,
    defaultRole: string,
    show: (resources: ParsedResources) => readonly WireResource[],
  ): Promise<ParsedResources | undefined> {
    const decode = resourcesOf(defaultRole)
    let made: ParsedResources | undefined
    await this.#each('resourcesDecorator', async (plugin, call) => {
      const resources = made === undefined ? machine.resources : show(made)
      made = (await call(plugin, { ...machine, resources }, decode)) ?? made
    })
    return made
  }

  async attributes(machine: Machine): Promise<readonly Attribute[]> {
    let { attributes } = machine
    await this.#each('attributesDecorator', async (plugin, call) => {
      attributes = (await call(plugin, { ...machine, attributes }, attributesOf)) ?? attributes
    })
    return attributes
  }

  /** The labels that the task is to have. */
  async taskLabels(subject: Pick<Subject, 'framework' | 'executor' | 'task'>): Promise<Labels> {
    let labels = subject.task?.labels ?? {}
    await this.#each('agentRunTaskLabelDecorator', async (plugin, call) => {
      const task = { ...subject.task, labels }
      const answer = await call(plugin, { ...subject, task }, labelsOf)
      if (answer !== undefined) labels = keepOwn(labels, answer)
    })
    return labels
  }

  /** What an executor, or the command of a task, is to have besides; `environment` is what it has. */
  async executorEnvironment(subject: Subject, environment: Environment): Promise<Environment> {
    let added: Environment = {}
    await this.#each('executorEnvironmentDecorator', async (plugin, call) => {
      const input = { ...subject, environment: { ...environment, ...added } }
      added = { ...added, ...(await call(plugin, input, environmentOf)) }
    })
    return added
  }

  /** What the container of a docker task is to have besides; rejects where a hook does. */
  async beforeDocker(subject: Subject, environment: Environment): Promise<Environment> {
    let added: Environment = {}
    await this.#each('preLaunchDockerTaskExecutorDecorator', async (plugin, call) => {
      const input = { ...subject, environment: { ...environment, ...added } }
      const answer: LaunchAnswer = await call(plugin, input, launchOf)
      refuse(plugin, answer)
      added = { ...added, ...answer.environment }
    })
    return added
  }

  async fetched(subject: Subject): Promise<void> {
    await this.#each('postFetch', async (plugin, call) => {
      await call(plugin, subject, nothing)
    })
  }

  /** The body to create the container with; `check` says what is wrong with one that a hook has made. */
  async createBody(
    subject: Subject,
    request: {
      readonly name: string
      readonly platform: string
      readonly body: Readonly<Record<string, unknown>>
    },
    check: (body: Readonly<Record<string, unknown>>) => string | undefined,
  ): Promise<Readonly<Record<string, unknown>>> {
    let { body } = request
    await this.#each('decorate', async (plugin, call) => {
      const answer = await call(plugin, { ...subject, ...request, body }, (given) => {
        const made: CreateAnswer = createOf(given)
        const problem = made.body === undefined ? undefined : check(made.body)
        if (problem !== undefined) throw new Error(problem)
        return made
      })
      refuse(plugin, answer)
      body = answer.body ?? body
    })
    return body
  }

  /** Its labels and container_status as they are to be sent. Never rejects: a status that is not sent helps nobody. */
  async status(framework: FrameworkInfo | undefined, status: TaskStatus): Promise<TaskStatus> {
    let made = status
    await this.#each('taskStatusDecorator', async (plugin, call) => {
      const input = { framework, status: made }
      const { labels, container_status }: StatusAnswer = await call(plugin, input, statusOf)
      made = {
        ...made,
        ...(labels === undefined ? {} : { labels: keepOwn(made.labels, labels) }),
        ...(container_status === undefined
          ? {}
          : {
              container_status: {
                ...made.container_status,
                ...container_status,
                container_id: made.container_status?.container_id,
              },
            }),
      }
    }).catch((error: unknown) => {
      if (!(error instanceof HookError)) throw error
    })
    return made
  }

  /** Never rejects: it has happened. */
  async removed(subject: Subject): Promise<void> {
    await this.#each('removeExecutor', async (plugin, call) => {
      await call(plugin, subject, nothing)
    }).catch((error: unknown) => {
      if (!(error instanceof HookError)) throw error
    })
  }

  async #each(
    method: HookMethod,
    ask: (plugin: Plugin, call: Call) => Promise<void>,
  ): Promise<void> {
    const call: Call = (plugin, input, decode) =>
      plugin.call(method, input, { deadlineMs: hookDeadlineMs, decode })
    for (const plugin of this.#plugins) {
      if (!plugin.has(method)) continue
      try {
        await ask(plugin, call)
      } catch (error) {
        if (!(error instanceof PluginError)) throw error
        if (plugin.facts.failurePolicy === 'fail-closed')
          throw new HookError(500, error.message, { cause: error })
      }
    }
  }
}

type Call = <T>(plugin: Plugin, input: unknown, decode: (answer: unknown) => T) => Promise<T>

/** What shoal's own parts say to each other by labels is none of a hook's. */
const ownPrefix = 'io.shoal.'

const keepOwn = (before: Labels | undefined, after: Labels): Labels => {
  const isOwn = ({ key }: { readonly key: string }) => key.startsWith(ownPrefix)
  return {
    labels: [
      ...(before?.labels ?? []).filter(isOwn),
      ...(after.labels ?? []).filter((label) => !isOwn(label)),
    ],
  }
}

const refuse = (plugin: Plugin, { reject }: { readonly reject?: string }): void => {
  if (reject !== undefined) throw new HookError(403, `module ${plugin.facts.name}: ${reject}`)
}
