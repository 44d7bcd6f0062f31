import type { CreateRequest } from '../docker/engine.ts'
import { text } from '../docker/inspect.ts'
import type { DockerPolicy } from '../docker/policy.ts'
import { recheckProblem } from '../docker/recheck.ts'
import { texts } from '../docker/requests.ts'
import type { Environment } from './answers.ts'
import type { Hooks, Subject } from './hooks.ts'

/** What hooks do while one container of the engine is made. Each rejects with HookError. */
export interface CreationHooks {
  /** Before files are fetched: the request with the environment that hooks add. */
  beforeDocker(request: CreateRequest): Promise<CreateRequest>
  fetched(): Promise<void>
  /** Last of all: the request as the engine is to have it. */
  decorate(request: CreateRequest): Promise<CreateRequest>
}

export const creationHooks = (
  hooks: Hooks,
  subject: Subject,
  policy: DockerPolicy,
): CreationHooks => ({
  beforeDocker: async (request) => {
    if (!hooks.has('preLaunchDockerTaskExecutorDecorator')) return request
    const env = texts(request.body['Env'])
    const added = await hooks.beforeDocker(subject, asObject(env))
    return { ...request, body: { ...request.body, ...withEnvironment(env, added) } }
  },
  fetched: async () => {
    if (hooks.has('postFetch')) await hooks.fetched(subject)
  },
  decorate: async (request) => {
    if (!hooks.has('decorate')) return request
    const body = await hooks.createBody(subject, request, (made) =>
      recheckProblem(policy, request.body, made),
    )
    return { ...request, body }
  },
})

/** The image that the request names now, where it is another one than the task's. */
export const imageOf = (before: CreateRequest, after: CreateRequest, image: string): string => {
  const named = text(after.body['Image'])
  return named === '' || named === text(before.body['Image']) ? image : named
}

const asObject = (env: readonly string[]): Environment =>
  Object.fromEntries(
    env.map((one) => {
      const at = one.indexOf('=')
      return at === -1 ? [one, ''] : [one.slice(0, at), one.slice(at + 1)]
    }),
  )

const withEnvironment = (env: readonly string[], added: Environment) => {
  const names = Object.keys(added)
  if (names.length === 0) return {}
  return {
    Env: [
      ...env.filter((one) => !names.includes(one.split('=')[0] ?? '')),
      ...Object.entries(added).map(([name, value]) => `${name}=${value}`),
    ],
  }
}
