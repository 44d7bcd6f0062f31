import { agentLabels, type Inspect } from '../../mesos/engine-endpoint.ts'
import type { CommandInfoURI } from '../../mesos/wire.ts'
import type { Fetcher } from '../fetch/fetcher.ts'
import type { Phase } from '../message.ts'
import { type CreationHooks, imageOf } from '../modules/creation-hooks.ts'
import { HookError } from '../modules/hooks.ts'
import type { Sandboxes, SandboxSpec } from '../sandboxes/sandboxes.ts'
import {
  type Created,
  type CreateRequest,
  type Engine,
  EngineError,
  EngineUnavailableError,
} from './engine.ts'
import { pullAuth } from './pull-auth.ts'
import type { DockerConfig } from './registry-auth.ts'

export interface Creation {
  readonly request: CreateRequest
  readonly image: string
  readonly pullFirst: boolean
  /** Mesos' ContainerID, which the request carries as a label. */
  readonly containerId: string
  /** Made before anything else; undefined: the task has none. */
  readonly sandbox: SandboxSpec | undefined
  /** What is fetched into it, and for whom. */
  readonly uris: readonly CommandInfoURI[]
  readonly user: string
}

/** What a creation failed in; the cause is the engine's EngineError or EngineUnavailableError, a SandboxError, a FetchError or a HookError. */
export class CreationError extends Error {
  override readonly name = 'CreationError'
  readonly phase: Phase
  constructor(phase: Phase, cause: unknown) {
    super(phase, { cause })
    this.phase = phase
  }
}

/** Pulls of one reference that are asked for at the same time are one pull. */
export class Pulls {
  readonly #engine: Engine
  readonly #running = new Map<string, Promise<void>>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** `auth` is an `X-Registry-Auth`; who has another login has another pull. */
  pull(reference: string, platform: string, auth: string | undefined): Promise<void> {
    const key = `${reference} ${platform} ${auth ?? ''}`
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const pull = this.#engine
      .pull(reference, platform, auth)
      .finally(() => this.#running.delete(key))
    this.#running.set(key, pull)
    return pull
  }
}

/**
 * Makes the container, pulling its image where it is missing, and looks at it. Rejects with CreationError: caused by an
 * EngineError, 404 where the image cannot be had, by a SandboxError, FetchError or HookError, or by an EngineUnavailableError: then a
 * container may yet appear. `signal` ends the waiting for hooks and the fetching of files, and nothing after it.
 */
export const createContainer = (
  ports: CreationPorts,
  creation: Creation,
  signal: AbortSignal,
): Promise<Made> => inPhase('create', make(ports, creation, signal))

export interface CreationPorts {
  readonly engine: Engine
  readonly pulls: Pulls
  readonly sandboxes: Sandboxes
  readonly fetcher: Fetcher
  readonly hooks: CreationHooks
  readonly dockerConfig: DockerConfig | undefined
}

interface Made {
  readonly inspect: Inspect
  readonly warnings: readonly string[]
}

const make = async (
  ports: CreationPorts,
  creation: Creation,
  signal: AbortSignal,
): Promise<Made> => {
  const { engine, pulls } = ports
  const { pullFirst, sandbox } = creation
  if (sandbox !== undefined) await inPhase('sandbox', ports.sandboxes.make(sandbox))
  const request = await prepared(ports, creation, signal)
  const image = imageOf(creation.request, request, creation.image)
  const pull = () =>
    inPhase(
      'pull',
      pullAuth(
        image,
        { sandbox: sandbox?.path, uris: creation.uris, own: ports.dockerConfig },
        ports.sandboxes,
      ).then((auth) => pulls.pull(image, request.platform, auth)),
    )
  if (pullFirst) await pull()
  const final = { ...creation, request }
  const { id, warnings } = await createOnce(engine, final).catch(async (error: unknown) => {
    if (!isMissingImage(error)) throw error
    await pull()
    return createOnce(engine, final)
  })
  const inspect = await engine.inspect(id)
  if (inspect === undefined)
    throw new EngineError(500, `Container ${request.name} vanished as soon as it was created`)
  return { inspect, warnings }
}

/** The request as hooks have made it, its files fetched. A container without all of them is none: its sandbox goes. */
const prepared = async (
  { fetcher, sandboxes, hooks }: CreationPorts,
  { request, uris, user, sandbox }: Creation,
  signal: AbortSignal,
): Promise<CreateRequest> => {
  const asking = <T>(answer: Promise<T>) => inPhase('hook', unlessStopped(answer, signal))
  try {
    const wanted = await asking(hooks.beforeDocker(request))
    if (sandbox !== undefined && uris.length > 0) {
      const { path, owner } = sandbox
      await inPhase('fetch', fetcher.fetch({ sandbox: path, uris, user, owner }, signal))
      await asking(hooks.fetched())
    }
    return await asking(hooks.decorate(wanted))
  } catch (error) {
    if (sandbox !== undefined) await sandboxes.discard(sandbox.path)
    throw error
  }
}

/** A hook may take its time; who is killed meanwhile does not. */
const unlessStopped = <T>(answer: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = () => reject(new HookError(500, 'the launch was given up meanwhile'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    answer.finally(() => signal.removeEventListener('abort', stop)).then(resolve, reject)
  })

const inPhase = <T>(phase: CreationError['phase'], work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw error instanceof CreationError ? error : new CreationError(phase, error)
  })

/** An answer that was lost may hide a container that exists: it is found by its label. */
const createOnce = async (engine: Engine, { request, containerId }: Creation): Promise<Created> => {
  try {
    return await engine.create(request)
  } catch (error) {
    if (!(error instanceof EngineUnavailableError)) throw error
    const label = [`${agentLabels.containerId}=${containerId}`]
    const [found] = await engine.list({ all: true, filters: { label } })
    if (found === undefined) throw error
    return { id: found.Id, warnings: [] }
  }
}

const isMissingImage = (error: unknown): boolean =>
  error instanceof EngineError && error.status === 404 && /no such image/i.test(error.message)
