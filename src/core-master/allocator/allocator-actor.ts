import type { AgentId } from '../../mesos/ids.ts'
import type { Cancel, Clock } from '../../runtime/clock.ts'
import type { Candidates } from './snapshot.ts'

/** Decides when to allocate; `allocate` decides what. Requests that arrive together share one run (core-master O1, O2). */
export class AllocatorActor {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #run: (candidates: Candidates) => void
  #cancel: Cancel | undefined
  #waiting: Set<AgentId> | 'all' | undefined
  #closed = false

  constructor(options: {
    readonly clock: Clock
    readonly intervalMs: number
    readonly run: (candidates: Candidates) => void
  }) {
    this.#clock = options.clock
    this.#intervalMs = options.intervalMs
    this.#run = options.run
  }

  start(): void {
    this.#cancel = this.#clock.after(this.#intervalMs, () => {
      this.start()
      this.request('all')
    })
  }

  request(candidates: Candidates): void {
    if (this.#waiting === undefined) queueMicrotask(() => this.#runWaiting())
    if (candidates === 'all' || this.#waiting === 'all') {
      this.#waiting = 'all'
      return
    }
    this.#waiting ??= new Set()
    for (const agent of candidates) this.#waiting.add(agent)
  }

  close(): void {
    this.#closed = true
    this.#cancel?.()
  }

  #runWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined || this.#closed) return
    this.#run(waiting === 'all' ? 'all' : [...waiting])
  }
}
