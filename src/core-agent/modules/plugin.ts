import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { ModuleKind } from './descriptor.ts'
import type { Instance } from './instance.ts'
import type { FailurePolicy } from './manifest.ts'

/** So many failures within so long end a plug-in's service until the agent starts again (core-agent §10). */
export const breakerFailures = 5
export const breakerWindowMs = 60_000

/** Of an error's text in views and statuses. */
const maxErrorChars = 500

export interface PluginFacts {
  readonly name: string
  readonly kind: ModuleKind
  readonly description: string
  readonly isWorker: boolean
  readonly failurePolicy: FailurePolicy
}

/** What `/state` says of a plug-in. */
export interface PluginView {
  readonly name: string
  readonly kind: ModuleKind
  readonly description: string
  readonly worker: boolean
  readonly failure_policy: FailurePolicy
  readonly state: 'active' | 'disabled'
  readonly calls: number
  readonly failures: number
  readonly last_error: string | null
}

/** A call did not come to an answer that can be used. */
export class PluginError extends Error {
  override readonly name = 'PluginError'
}

/**
 * One plug-in, with what keeps its faults its own: each call has a deadline, and one that fails too often is not
 * called any more. A fail-closed hook goes on being called, for what it guards waits for it to be well again.
 */
export class Plugin {
  readonly facts: PluginFacts
  readonly #instance: Instance
  readonly #clock: Clock
  readonly #logger: Logger
  /** Monotonic times of failures within the window. */
  #recent: readonly number[] = []
  #isDisabled = false
  #isClosed = false
  #calls = 0
  #failures = 0
  #lastError: string | undefined
  #loggedAtMs = Number.NEGATIVE_INFINITY

  constructor(
    facts: PluginFacts,
    instance: Instance,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.facts = facts
    this.#instance = instance
    this.#clock = clock
    this.#logger = logger
  }

  get isDisabled(): boolean {
    return this.#isDisabled
  }

  has(method: string): boolean {
    return this.#instance.methods.includes(method)
  }

  /**
   * `decode` makes the answer what it should be, or throws. Rejects with PluginError: thrown, too late, no such
   * answer, or disabled.
   */
  async call<T>(
    method: string,
    input: unknown,
    {
      deadlineMs,
      decode,
    }: { readonly deadlineMs: number; readonly decode: (answer: unknown) => T },
  ): Promise<T> {
    const { name } = this.facts
    if (this.#isClosed) throw new PluginError(`module ${name}: the agent is closing`)
    if (this.#isDisabled)
      throw new PluginError(`module ${name} is disabled: ${this.#lastError ?? ''}`)
    this.#calls += 1
    try {
      return decode(await this.#inTime(this.#instance.call(method, input), deadlineMs))
    } catch (error) {
      throw this.#problem(method, error)
    }
  }

  /** The same at once, for modules of the agent's own thread; `args` are handed over as they are. Throws PluginError. */
  now<T>(method: string, args: readonly unknown[], decode: (answer: unknown) => T): T {
    this.#calls += 1
    try {
      return decode(this.#instance.callNow(method, args))
    } catch (error) {
      throw this.#problem(method, error)
    }
  }

  view(): PluginView {
    const { name, kind, description, isWorker, failurePolicy } = this.facts
    return {
      name,
      kind,
      description,
      worker: isWorker,
      failure_policy: failurePolicy,
      state: this.#isDisabled ? 'disabled' : 'active',
      calls: this.#calls,
      failures: this.#failures,
      last_error: this.#lastError ?? null,
    }
  }

  /** What is under way fails, and is no fault of the module's. */
  close(): void {
    this.#isClosed = true
    this.#instance.close()
  }

  #inTime(answer: Promise<unknown>, deadlineMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(deadlineMs, () => {
        reject(new Error(`no answer within ${deadlineMs / 1000} s`))
        this.#instance.abandon()
      })
      answer.finally(cancel).then(resolve, reject)
    })
  }

  #problem(method: string, error: unknown): PluginError {
    const text = (error instanceof Error ? error.message : String(error)).slice(0, maxErrorChars)
    const problem = `module ${this.facts.name}: ${method}: ${text}`
    if (!this.#isClosed) this.#failed(problem)
    return new PluginError(problem, { cause: error })
  }

  #failed(problem: string): void {
    const nowMs = this.#clock.monotonicMs()
    this.#failures += 1
    // What fails each second is not news each second.
    const isNews = problem !== this.#lastError || nowMs - this.#loggedAtMs >= breakerWindowMs
    this.#lastError = problem
    this.#recent = [...this.#recent, nowMs]
      .filter((atMs) => nowMs - atMs <= breakerWindowMs)
      .slice(-breakerFailures)
    if (isNews) {
      this.#loggedAtMs = nowMs
      this.#logger.warn({ problem }, 'a module failed')
    }
    if (this.#isDisabled || this.facts.failurePolicy === 'fail-closed') return
    if (this.#recent.length < breakerFailures) return
    this.#isDisabled = true
    this.#instance.close()
    this.#logger.error(
      { problem },
      `module ${this.facts.name} failed ${breakerFailures} times within a minute: it is not called any more until the agent starts again`,
    )
  }
}
