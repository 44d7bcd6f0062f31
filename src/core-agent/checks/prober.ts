import type { Cancel, Clock } from '../../runtime/clock.ts'
import type { CommandContainers } from '../command/containers.ts'
import { type Engine, EngineError, EngineUnavailableError } from '../docker/engine.ts'
import { Limiter } from '../docker/limiter.ts'
import type { TaskKey } from '../state.ts'
import type { ProbeResult } from './judge.ts'
import type { CheckAct, CheckMessage } from './message.ts'
import type { CheckKind } from './plan.ts'
import type { Probes, Target } from './probes.ts'

export interface ProberPorts {
  readonly clock: Clock
  readonly engine: Engine
  readonly commands: CommandContainers
  readonly probes: Probes
}

/** Looks that are taken at the same time; the others wait, and their time runs meanwhile. */
const maxLooks = 256

type ProbeAct = Extract<CheckAct, { type: 'probe' }>

/** Takes the looks that handlers ask for; each ends in one PROBED, unless it is stopped. */
export class Prober {
  readonly #ports: ProberPorts
  readonly #tell: (message: CheckMessage) => void
  readonly #underWay = new Map<TaskKey, Map<CheckKind, AbortController>>()
  readonly #limiter = new Limiter(maxLooks)

  constructor(ports: ProberPorts, tell: (message: CheckMessage) => void) {
    this.#ports = ports
    this.#tell = tell
  }

  perform(act: CheckAct): void {
    if (act.type === 'stop-probes') this.#stop(act.task)
    else void this.#look(act)
  }

  close(): void {
    for (const task of this.#underWay.keys()) this.#stop(task)
  }

  async #look({ task, kind, target, timeoutMs }: ProbeAct): Promise<void> {
    const controller = new AbortController()
    const ofTask = this.#underWay.get(task) ?? new Map<CheckKind, AbortController>()
    this.#underWay.set(task, ofTask.set(kind, controller))
    const result = await this.#within(timeoutMs, controller, target)
    if (ofTask.get(kind) !== controller) return // Stopped.
    ofTask.delete(kind)
    if (ofTask.size === 0) this.#underWay.delete(task)
    this.#tell({ type: 'PROBED', task, kind, result })
  }

  #stop(task: TaskKey): void {
    const looks = this.#underWay.get(task)
    this.#underWay.delete(task)
    for (const [kind, controller] of looks ?? []) {
      looks?.delete(kind)
      controller.abort()
    }
  }

  /** One that has begun says itself what its end by the signal means. */
  async #within(
    timeoutMs: number,
    controller: AbortController,
    target: Target,
  ): Promise<ProbeResult> {
    const { signal } = controller
    let hasBegun = false
    let cancel: Cancel = () => {}
    const crowded = new Promise<ProbeResult>((resolve) => {
      if (timeoutMs === Infinity) return
      cancel = this.#ports.clock.after(timeoutMs, () => {
        controller.abort()
        if (!hasBegun) resolve({ type: 'untaken', message: 'too many looks at a time' })
      })
    })
    const look = this.#limiter.run(() => {
      hasBegun = true
      return this.#take(target, signal)
    })
    try {
      return await Promise.race([crowded, look])
    } catch (error) {
      if (isUntaken(error)) return { type: 'untaken', message: error.message }
      if (signal.aborted)
        return { type: 'problem', message: `no answer within ${timeoutMs / 1000}s` }
      return { type: 'problem', message: error instanceof Error ? error.message : String(error) }
    } finally {
      cancel()
      controller.abort()
    }
  }

  async #take(target: Target, signal: AbortSignal): Promise<ProbeResult> {
    const { engine, commands, probes } = this.#ports
    signal.throwIfAborted()
    if (target.type === 'exec')
      return exited(await engine.exec(target.container, target.command, signal))
    if (target.type === 'run')
      return exited(await commands.run(target.container, target.command, signal))
    return probes.look(target, signal)
  }
}

/** The engine does not answer, or its container is gone, stopped or paused, which is told otherwise. */
const isUntaken = (error: unknown): error is Error =>
  error instanceof EngineUnavailableError ||
  (error instanceof EngineError && (error.status === 404 || error.status === 409))

const exited = (exitCode: number): ProbeResult => ({ type: 'COMMAND', exitCode })
