import { type FailurePolicy, failurePolicies, isObject, isText } from './manifest.ts'

/** What a plug-in is written for; another major version means another contract. */
export const apiVersion = '1.0'

/** Every kind of plug-in and the methods that an instance of it may have, of which it needs one. */
export const moduleKinds = {
  Hook: [
    'resourcesDecorator',
    'attributesDecorator',
    'agentRunTaskLabelDecorator',
    'executorEnvironmentDecorator',
    'preLaunchDockerTaskExecutorDecorator',
    'postFetch',
    'removeExecutor',
    'taskStatusDecorator',
  ],
  DockerCreateDecorator: ['decorate'],
  ResourceEstimator: ['oversubscribable'],
  QoSController: ['corrections'],
  Isolator: ['prepare', 'isolate', 'update', 'usage', 'limitation', 'cleanup'],
  ContainerLogger: ['write'],
  Containerizer: [
    'watch',
    'recover',
    'launch',
    'update',
    'signal',
    'run',
    'remove',
    'usage',
    'close',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type ModuleKind = keyof typeof moduleKinds

/** What it cannot do without; of the other kinds one method is enough. */
const neededMethods: Readonly<Partial<Record<ModuleKind, readonly string[]>>> = {
  Containerizer: ['watch', 'launch', 'signal', 'remove'],
}

/** Their methods must answer at once, or answer to a callback: none of them can be in a worker. */
export const ownThreadKinds: ReadonlySet<ModuleKind> = new Set(['Isolator', 'Containerizer'])

/** What a library exports for each of its modules. */
export interface Descriptor {
  readonly apiVersion: string
  readonly kind: ModuleKind
  readonly name: string
  readonly description: string
  /** False, or a text that says why not: the agent does not start. */
  compatible(agent: { readonly apiVersion: string; readonly version: string }): unknown
  /** The instance, whose methods are those of its kind; may be a promise. */
  create(parameters: Readonly<Record<string, string>>, context: ModuleContext): unknown
  readonly worker?: boolean
  readonly failurePolicy?: FailurePolicy
}

/** What an instance is given of its agent. */
export interface ModuleContext {
  readonly name: string
  /** The agent's, absolute. */
  readonly workDir: string
  readonly hostname: string
  /** A line in the agent's log. */
  log(message: string): void
}

/** What is wrong with a descriptor; undefined: nothing. Names the field and what it should be. */
export const descriptorProblem = (value: Readonly<Record<string, unknown>>): string | undefined => {
  const { apiVersion: version, kind, description, worker, failurePolicy } = value
  if (!isText(version) || majorOf(version) !== majorOf(apiVersion))
    return `apiVersion is ${shown(version)}, and this agent has ${apiVersion}: take a version of the module for apiVersion ${majorOf(apiVersion)}`
  if (!isText(kind) || !Object.hasOwn(moduleKinds, kind))
    return `kind is ${shown(kind)}: wanted ${Object.keys(moduleKinds).join(', ')}`
  if (!isText(description)) return 'description is missing: say in a sentence what the module does'
  for (const method of ['compatible', 'create'])
    if (typeof value[method] !== 'function') return `${method} must be a function`
  if (worker !== undefined && typeof worker !== 'boolean') return 'worker must be true or false'
  if (failurePolicy !== undefined && !failurePolicies.some((one) => one === failurePolicy))
    return `failurePolicy is ${shown(failurePolicy)}: wanted ${failurePolicies.join(' or ')}`
  return undefined
}

/** Why these methods make no instance of the kind; undefined: they do. */
export const lackOf = (kind: ModuleKind, methods: readonly string[]): string | undefined => {
  if (methods.length === 0)
    return `create answered an object without any of the methods of a ${kind}: ${moduleKinds[kind].join(', ')}`
  const lacking = (neededMethods[kind] ?? []).filter((method) => !methods.includes(method))
  return lacking.length === 0
    ? undefined
    : `create answered an object without what a ${kind} needs: ${lacking.join(', ')}`
}

/** Methods of the kind that an instance has. Throws an Error where it is none. */
export const methodsOf = (kind: ModuleKind, instance: unknown): readonly string[] => {
  if (!isObject(instance))
    throw new Error(`create answered ${shown(instance)}: wanted an object with the methods`)
  const known: readonly string[] = moduleKinds[kind]
  return known.filter((method) => typeof instance[method] === 'function')
}

const majorOf = (version: string): string => version.split('.')[0] ?? ''

const shown = (value: unknown): string =>
  value === undefined ? 'missing' : (JSON.stringify(value) ?? `a ${typeof value}`)
