import type { AppendLog } from '../../src/runtime/append-log.ts'
import type { Clock } from '../../src/runtime/clock.ts'

interface Write {
  readonly kind: 'record' | 'snapshot'
  readonly text: string
  readonly done: () => void
  readonly fail: (error: Error) => void
}

/** With it a write takes `delayMs()`; without, it is done a few microtasks later. */
export interface SimDisk {
  readonly clock: Clock
  delayMs(): number
}

/** An AppendLog on a simulated disk: it commits in groups as the real one does, and a crash loses what was not committed. */
export class MemoryLog implements AppendLog {
  /** While set, writes fail with it: a full disk. */
  failure: Error | undefined
  /** Told of each write that has just become durable, before anybody who waits for it; the process may die in it. */
  onCommit: () => void = () => {}
  readonly #disk: SimDisk | undefined
  #snapshot: string | undefined
  #records: string[] = []
  #closed = false
  #dead = false
  #waiting: Write[] = []
  #underWay: Write[] = []
  #writer: Promise<void> | undefined

  constructor(disk?: SimDisk) {
    this.#disk = disk
  }

  async read(): Promise<{ snapshot: unknown; records: unknown[] }> {
    await this.#writer
    return this.content()
  }

  /** What is on the disk now. */
  content(): { snapshot: unknown; records: unknown[] } {
    const parse = (text: string): unknown => JSON.parse(text)
    return {
      snapshot: this.#snapshot === undefined ? undefined : parse(this.#snapshot),
      records: this.#records.map(parse),
    }
  }

  append(record: unknown): Promise<void> {
    return this.#enqueue('record', record)
  }

  snapshot(state: unknown): Promise<void> {
    return this.#enqueue('snapshot', state)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#writer
  }

  /**
   * The process dies: of the writes under way the first `kept` are on the disk though nobody was told, the others never
   * will be. Of what was on it, a damaged place may cut all but the first `cutTo` records off. Gives the log that the next process opens; this one answers nothing more.
   */
  crash({ kept = 0, cutTo = Infinity } = {}): MemoryLog {
    for (const write of this.#underWay.slice(0, kept)) this.#commit(write)
    this.#dead = true
    const next = new MemoryLog(this.#disk)
    next.#snapshot = this.#snapshot
    next.#records = this.#records.slice(0, cutTo)
    return next
  }

  #enqueue(kind: Write['kind'], value: unknown): Promise<void> {
    const text = JSON.stringify(value) as string | undefined
    if (text === undefined) throw new TypeError('a record must be a JSON value')
    if (this.#dead) return new Promise(() => {})
    if (this.#closed) return Promise.reject(new Error('the log is closed'))
    return new Promise((done, fail) => {
      this.#waiting.push({ kind, text, done, fail })
      this.#writer ??= Promise.resolve().then(() => this.#drain())
    })
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#dead) {
      this.#underWay = this.#waiting.splice(0)
      await this.#diskTime()
      if (this.#dead) return
      for (const write of this.#underWay.splice(0)) {
        if (this.#dead) return
        if (this.failure !== undefined) {
          write.fail(this.failure)
          continue
        }
        this.#commit(write)
        this.onCommit()
        if (!this.#dead) write.done()
      }
    }
    this.#writer = undefined
  }

  #commit({ kind, text }: Write): void {
    if (kind === 'record') {
      this.#records.push(text)
    } else {
      this.#snapshot = text
      this.#records = []
    }
  }

  async #diskTime(): Promise<void> {
    const disk = this.#disk
    if (disk !== undefined)
      await new Promise<void>((resolve) => disk.clock.after(disk.delayMs(), resolve))
  }
}
