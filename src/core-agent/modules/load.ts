import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Clock } from '../../runtime/clock.ts'
import { ConfigError } from '../../runtime/flags.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { CommandContainers } from '../command/containers.ts'
import type { Isolator } from '../command/isolators/isolator.ts'
import type { EstimatorConfig, QosConfig } from '../policies.ts'
import { ModuleContainers } from './containerizer.ts'
import {
  apiVersion,
  type Descriptor,
  descriptorProblem,
  lackOf,
  type ModuleKind,
  methodsOf,
  moduleKinds,
  ownThreadKinds,
} from './descriptor.ts'
import { Hooks } from './hooks.ts'
import { type Instance, inProcess, inWorker } from './instance.ts'
import { moduleIsolator } from './isolator.ts'
import { type LogSink, moduleSink } from './logger.ts'
import { isObject, type Library, type ModuleEntry } from './manifest.ts'
import { Plugin, type PluginView } from './plugin.ts'

/** How long a module may take to be made. */
export const createDeadlineMs = 10_000

/** The plug-ins of an agent. */
export interface Modules {
  readonly hooks: Hooks
  /** Undefined: it is one of shoal's own. */
  readonly estimator?: Plugin | undefined
  readonly controller?: Plugin | undefined
  /** By name. */
  readonly isolators?: ReadonlyMap<string, Isolator>
  readonly sink?: LogSink | undefined
  readonly containers?: CommandContainers | undefined
  view(): readonly PluginView[]
  close(): void
}

export const noModules: Modules = { hooks: new Hooks([]), view: () => [], close: () => {} }

export interface LoadOptions {
  readonly entries: readonly ModuleEntry[]
  /** Of `--hooks`, in order; each is among the entries, as whatever the other flags name. */
  readonly hooks: readonly string[]
  readonly estimator: EstimatorConfig
  readonly qosController: QosConfig
  /** Of `--isolation`, with shoal's own. */
  readonly isolation: readonly string[]
  readonly containerLogger: string | undefined
  /** Of `--containerizers`, in the place of `mesos`. */
  readonly commandModule: string | undefined
  readonly version: string
  readonly workDir: string
  readonly hostname: string
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Imports every library, checks every module of it, and makes those that flags name. Throws ConfigError with one line
 * a mistake: which flag, which module, what is wrong with it, and what it should be.
 */
export const loadModules = async (options: LoadOptions): Promise<Modules> => {
  const found = new Map<string, Found>()
  const problems: string[] = []
  const plugins: Plugin[] = []
  const close = () => {
    for (const plugin of plugins) plugin.close()
  }
  for (const entry of options.entries) {
    try {
      found.set(entry.name, await find(entry, options.version))
    } catch (error) {
      problems.push(
        `--modules: module "${entry.name}" of ${shown(entry.library)}: ${textOf(error)}`,
      )
    }
  }
  const make = async (flag: string, name: string, kinds: readonly ModuleKind[]) => {
    const one = found.get(name)
    if (one === undefined) return undefined // It has been told why.
    try {
      const plugin = await create(one, kinds, options)
      plugins.push(plugin)
      return plugin
    } catch (error) {
      problems.push(`${flag}: module "${name}" of ${shown(one.entry.library)}: ${textOf(error)}`)
      return undefined
    }
  }
  for (const name of options.hooks) await make('--hooks', name, hookKinds)
  const hooks = new Hooks([...plugins])
  const policy = (flag: string, config: EstimatorConfig | QosConfig, kind: ModuleKind) =>
    config.name === 'module' ? make(flag, config.module, [kind]) : undefined
  const estimator = await policy('--resource_estimator', options.estimator, 'ResourceEstimator')
  const controller = await policy('--qos_controller', options.qosController, 'QoSController')
  const isolators = new Map<string, Isolator>()
  for (const name of options.isolation.filter((one) => isListed(options.entries, one))) {
    const plugin = await make('--isolation', name, ['Isolator'])
    if (plugin !== undefined) isolators.set(name, moduleIsolator(plugin))
  }
  const { containerLogger, commandModule } = options
  const logger =
    containerLogger && (await make('--container_logger', containerLogger, ['ContainerLogger']))
  const containerizer =
    commandModule && (await make('--containerizers', commandModule, ['Containerizer']))
  if (problems.length > 0) {
    close()
    throw new ConfigError(problems)
  }
  const view = () => plugins.map((one) => one.view())
  return {
    hooks,
    estimator,
    controller,
    isolators,
    sink: logger ? moduleSink(logger) : undefined,
    containers: containerizer ? new ModuleContainers(containerizer) : undefined,
    view,
    close,
  }
}

const isListed = (entries: readonly ModuleEntry[], name: string): boolean =>
  entries.some((entry) => entry.name === name)

const hookKinds: readonly ModuleKind[] = ['Hook', 'DockerCreateDecorator']

interface Found {
  readonly entry: ModuleEntry
  readonly url: string
  readonly descriptor: Descriptor
}

const find = async (entry: ModuleEntry, version: string): Promise<Found> => {
  const url = urlOf(entry.library)
  const exported = await importLibrary(url)
  const descriptors = Object.values(exported).flat().filter(isObject)
  const descriptor = descriptors.find(({ name }) => name === entry.name)
  if (descriptor === undefined) {
    const names = descriptors.map(({ name }) => name).filter((name) => typeof name === 'string')
    throw new Error(
      `the library exports no descriptor of that name, ${names.length === 0 ? 'nor any other: export {apiVersion, kind, name, description, compatible, create}' : `but of ${names.join(', ')}`}`,
    )
  }
  const problem = descriptorProblem(descriptor)
  if (problem !== undefined) throw new Error(problem)
  const checked = descriptor as unknown as Descriptor
  const isCompatible = checked.compatible({ apiVersion, version })
  if (isCompatible !== true)
    throw new Error(
      `compatible() says ${typeof isCompatible === 'string' ? isCompatible : 'no'}: take another version of the module, or leave it out`,
    )
  return { entry, url, descriptor: checked }
}

const importLibrary = async (url: string): Promise<Readonly<Record<string, unknown>>> => {
  try {
    return (await import(url)) as Readonly<Record<string, unknown>>
  } catch (error) {
    throw new Error(`it cannot be imported: ${textOf(error)}`, { cause: error })
  }
}

const urlOf = (library: Library): string => {
  if (library.type === 'file') return pathToFileURL(library.path).href
  try {
    const { resolve } = createRequire(pathToFileURL(join(library.from, 'manifest')))
    return pathToFileURL(resolve(library.name)).href
  } catch (error) {
    throw new Error(
      `there is no package ${library.name} in ${library.from} or above: install it there, or say file`,
      { cause: error },
    )
  }
}

const create = async (
  { entry, url, descriptor }: Found,
  kinds: readonly ModuleKind[],
  { workDir, hostname, clock, logger }: LoadOptions,
): Promise<Plugin> => {
  const { name, kind, description } = descriptor
  if (!kinds.includes(kind))
    throw new Error(`it is of kind ${kind}, and the flag wants ${kinds.join(' or ')}`)
  const { parameters } = entry
  const given = entry.failurePolicy ?? descriptor.failurePolicy
  if (given !== undefined && !hookKinds.includes(kind))
    throw new Error(`a failure policy is for hooks, not for a ${kind}: leave it out`)
  // What bounds and runs containers is never gone without.
  const failurePolicy = given ?? (ownThreadKinds.has(kind) ? 'fail-closed' : 'fail-open')
  const isWorker = entry.worker ?? descriptor.worker ?? false
  if (isWorker && ownThreadKinds.has(kind))
    throw new Error(
      `worker is not for kind ${kind}, which runs in the agent's own thread: leave it out`,
    )
  const facts = { name, workDir, hostname }
  const log = (message: string) => logger.info({ module: name }, message)
  const made = (): Promise<Instance> =>
    isWorker
      ? inWorker({ url, name, parameters, context: facts, methods: moduleKinds[kind] }, log)
      : Promise.resolve(descriptor.create(parameters, { ...facts, log })).then((instance) => {
          const methods = methodsOf(kind, instance)
          return inProcess(instance as object, methods)
        })
  const instance = await inTime(clock, made)
  const lack = lackOf(kind, instance.methods)
  if (lack !== undefined) {
    instance.close()
    throw new Error(lack)
  }
  return new Plugin({ name, kind, description, isWorker, failurePolicy }, instance, {
    clock,
    logger,
  })
}

/** One that comes too late is closed. */
const inTime = (clock: Clock, make: () => Promise<Instance>): Promise<Instance> =>
  new Promise((resolve, reject) => {
    let isLate = false
    const cancel = clock.after(createDeadlineMs, () => {
      isLate = true
      reject(new Error(`create has not come to an end within ${createDeadlineMs / 1000} s`))
    })
    Promise.resolve()
      .then(make)
      .then((instance) => (isLate ? instance.close() : resolve(instance)), reject)
      .finally(cancel)
  })

const shown = (library: Library): string => (library.type === 'file' ? library.path : library.name)

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
