import type { Clock } from '../../runtime/clock.ts'
import type { Message } from '../message.ts'
import type { Modules } from './load.ts'
import type { PolicyAct } from './message.ts'
import { type Plugin, PluginError } from './plugin.ts'
import { correctionsOf, estimateOf } from './policy-answers.ts'

/** Of each question to an estimator or a QoS controller (core-agent §10). */
export const policyDeadlineMs = 5000

export interface PolicyDriverOptions {
  readonly modules: Pick<Modules, 'estimator' | 'controller'>
  readonly clock: Clock
  /** Between two questions to the controller, at least. */
  readonly correctionIntervalMs: number
  readonly tell: (message: Message) => void
}

/** Asks estimator and QoS controller modules; one question at a time each, what comes meanwhile is left out. */
export class PolicyDriver {
  readonly #options: PolicyDriverOptions
  readonly #asking = new Set<Plugin>()
  #correctedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: PolicyDriverOptions) {
    this.#options = options
  }

  perform(act: PolicyAct): void {
    const { modules, clock, correctionIntervalMs, tell } = this.#options
    if (act.type === 'ask-estimator') {
      const { allocated, question } = act
      return this.#ask(modules.estimator, 'oversubscribable', question, estimateOf, (answer) =>
        tell({ type: 'ESTIMATED', allocated, ...answer }),
      )
    }
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#correctedAtMs < correctionIntervalMs) return
    this.#correctedAtMs = nowMs
    const decode = correctionsOf(modules.controller?.facts.name ?? '')
    this.#ask(modules.controller, 'corrections', act.question, decode, (answer) =>
      tell({ type: 'CORRECTED', ...answer }),
    )
  }

  #ask<T>(
    plugin: Plugin | undefined,
    method: string,
    question: unknown,
    decode: (answer: unknown) => T,
    told: (answer: { readonly answer: T | undefined; readonly isDisabled: boolean }) => void,
  ): void {
    if (plugin === undefined || this.#asking.has(plugin)) return
    this.#asking.add(plugin)
    plugin
      .call(method, question, { deadlineMs: policyDeadlineMs, decode })
      .finally(() => this.#asking.delete(plugin))
      .then(
        (answer) => told({ answer, isDisabled: false }),
        (error: unknown) => {
          if (!(error instanceof PluginError)) throw error
          told({ answer: undefined, isDisabled: plugin.isDisabled })
        },
      )
  }
}
