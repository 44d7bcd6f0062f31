import type { ContainerView, EngineAddress, Found, StartOutcome } from './cluster.ts'
import type { EngineClient } from './engine-client.ts'
import type { JobOutcome, MessageOf } from './messages.ts'
import {
  isUnwanted,
  nameToTake,
  type PromotionJob,
  promotedFrom,
  promotionJob,
  successorOf,
} from './promotions.ts'
import type { FrameworkState } from './state.ts'

/** What a promotion needs of its framework. */
export interface PromoterFramework {
  readonly state: FrameworkState
  readonly engines: EngineClient
  find(reference: string): Found
  engine(agent: ContainerView['agent']): EngineAddress | undefined
  /** As a client's create, but however long it has to wait. */
  submit(job: PromotionJob): Promise<JobOutcome>
  /** With a new task where its own is over. */
  start(container: ContainerView): Promise<StartOutcome>
  refresh(container: ContainerView): Promise<void>
  removed(container: ContainerView): void
  /** It runs and could not be given its name yet: `finish` is to be called again after a while. */
  later(container: string, why: string): void
  /** It runs, and has its name. */
  promoted(container: string, from: string): void
}

type Outcome = MessageOf<'RAN_AGAIN'>['outcome']

/** Carries promotions out, step by step; what a step leaves is found by the next process (promotions.ts). */
export class Promoter {
  readonly #framework: PromoterFramework
  readonly #underWay = new Set<string>()

  constructor(framework: PromoterFramework) {
    this.#framework = framework
  }

  /** From a revoked container to one on regular resources that runs under its name. */
  async promote(id: string): Promise<Outcome> {
    const { state } = this.#framework
    const container = this.#found(id)
    if (container === undefined) return { kind: 'cancelled' }
    const left = successorOf(state, id)
    if (left !== undefined) return this.finish(left)
    const made = await this.#framework.submit(promotionJob(container))
    if (made.kind === 'name-in-use')
      return { kind: 'failed', message: `the name ${made.name} is in use` }
    return made.kind === 'created' ? this.finish(made.id) : made
  }

  /** The new one runs, the old one goes, the new one takes its name: each step once, whoever begins. */
  async finish(id: string): Promise<Outcome> {
    if (this.#underWay.has(id)) return { kind: 'cancelled' }
    this.#underWay.add(id)
    try {
      return await this.#finish(id)
    } finally {
      this.#underWay.delete(id)
    }
  }

  async #finish(id: string): Promise<Outcome> {
    const { state, engines } = this.#framework
    const made = this.#found(id)
    const at = made && this.#framework.engine(made.agent)
    const shown = state.containers.get(id)
    const from = shown && promotedFrom(shown)
    if (made === undefined || at === undefined || from === undefined) return gone(id)
    const old = state.containers.has(from) ? this.#found(from) : undefined
    // One that has run may have ended since: it runs once.
    const isNew = shown?.facts.state === 'created'
    // Its user wanted it down, started it, or removed it while this one was made: we remove it after the start only.
    if (old === undefined ? isNew : isUnwanted(state, from)) {
      await engines.remove(at, id)
      return { kind: 'cancelled' }
    }
    const started = isNew
      ? await this.#framework.start(made)
      : ({ kind: 'already-started' } as const)
    if (started.kind !== 'started' && started.kind !== 'already-started') {
      if (old !== undefined) await engines.remove(at, id)
      // Whoever took the new one away said nothing about the old one: it is tried again.
      return started.kind === 'cancelled' ? gone(id) : started
    }
    // Or while this one was started.
    if (old !== undefined && (isUnwanted(state, from) || !state.containers.has(from))) {
      await engines.remove(at, id)
      return { kind: 'cancelled' }
    }
    return old === undefined ? this.#takeName(at, made, from) : this.#replace(at, made, old)
  }

  async #replace(at: EngineAddress, made: ContainerView, old: ContainerView): Promise<Outcome> {
    const { names } = this.#framework.state
    const name = nameToTake(made.name)
    if (name !== undefined) names.inherit(name, old.id, made.id)
    const why = await this.#framework.engines.remove(at, old.id)
    if (why !== undefined) {
      if (name !== undefined) names.release(name, made.id)
      return { kind: 'failed', message: why }
    }
    this.#framework.removed(old)
    return this.#takeName(at, made, old.id)
  }

  /** The old one is gone: its name was kept for this one, unless an earlier process died in between. */
  async #takeName(at: EngineAddress, made: ContainerView, from: string): Promise<Outcome> {
    const { state, engines } = this.#framework
    const name = nameToTake(made.name)
    if (name !== undefined) {
      const taken = state.names.reserve(name, made.id)
      const why =
        taken.kind === 'in-use'
          ? `the name ${name} is in use`
          : await engines.rename(at, made.id, name)
      if (why === undefined) await this.#framework.refresh(made)
      state.names.release(name, made.id)
      if (why !== undefined) this.#framework.later(made.id, why)
      if (why !== undefined) return { kind: 'started' }
    }
    this.#framework.promoted(made.id, from)
    return { kind: 'started' }
  }

  #found(id: string): ContainerView | undefined {
    const found = this.#framework.find(id)
    return found.kind === 'found' ? found.container : undefined
  }
}

const gone = (id: string): Outcome => ({
  kind: 'failed',
  message: `the container that was made of it, ${id}, is gone`,
})
