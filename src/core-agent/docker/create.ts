import { agentLabels, type Inspect } from '../../mesos/engine-endpoint.ts'
import type { Phase } from '../message.ts'
import type { Sandboxes, SandboxSpec } from '../sandboxes/sandboxes.ts'
import {
  type Created,
  type CreateRequest,
  type Engine,
  EngineError,
  EngineUnavailableError,
} from './engine.ts'

export interface Creation {
  readonly request: CreateRequest
  readonly image: string
  readonly pullFirst: boolean
  /** Mesos' ContainerID, which the request carries as a label. */
  readonly containerId: string
  /** Made before anything else; undefined: the task has none. */
  readonly sandbox: SandboxSpec | undefined
}

/** What a creation failed in; the cause is the engine's EngineError or EngineUnavailableError, or a SandboxError. */
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

  pull(reference: string, platform: string): Promise<void> {
    const key = `${reference} ${platform}`
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const pull = this.#engine.pull(reference, platform).finally(() => this.#running.delete(key))
    this.#running.set(key, pull)
    return pull
  }
}

/**
 * Makes the container, pulling its image where it is missing, and looks at it. Rejects with CreationError: caused by an
 * EngineError, 404 where the image cannot be had, by a SandboxError, or by an EngineUnavailableError: then a container may
 * yet appear.
 */
export const createContainer = (ports: CreationPorts, creation: Creation): Promise<Made> =>
  inPhase('create', make(ports, creation))

export interface CreationPorts {
  readonly engine: Engine
  readonly pulls: Pulls
  readonly sandboxes: Sandboxes
}

interface Made {
  readonly inspect: Inspect
  readonly warnings: readonly string[]
}

const make = async (
  { engine, pulls, sandboxes }: CreationPorts,
  creation: Creation,
): Promise<Made> => {
  const { request, image, pullFirst, sandbox } = creation
  if (sandbox !== undefined) await inPhase('sandbox', sandboxes.make(sandbox))
  const pull = () => inPhase('pull', pulls.pull(image, request.platform))
  if (pullFirst) await pull()
  const { id, warnings } = await createOnce(engine, creation).catch(async (error: unknown) => {
    if (!isMissingImage(error)) throw error
    await pull()
    return createOnce(engine, creation)
  })
  const inspect = await engine.inspect(id)
  if (inspect === undefined)
    throw new EngineError(500, `Container ${request.name} vanished as soon as it was created`)
  return { inspect, warnings }
}

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
