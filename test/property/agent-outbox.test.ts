import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Act } from '../../src/core-agent/effect.ts'
import {
  apply,
  fromJson,
  type LogRecord,
  snapshotOf,
  toJson,
} from '../../src/core-agent/journal.ts'
import { Outbox } from '../../src/core-agent/outbox.ts'
import { emptyState } from '../../src/core-agent/state.ts'
import type { AppendLog } from '../../src/runtime/append-log.ts'
import { SimClock } from '../support/sim-clock.ts'
import { simRandom } from '../support/sim-random.ts'

/** A disk of which each write fails as the list says, and takes a moment. */
class FickleLog implements AppendLog {
  snapshotted: unknown
  records: unknown[] = []
  readonly #clock: SimClock
  readonly #fails: boolean[]
  #batch: Promise<boolean> | undefined

  constructor(clock: SimClock, fails: readonly boolean[]) {
    this.#clock = clock
    this.#fails = [...fails]
  }

  async append(record: unknown): Promise<void> {
    if (await this.#write()) throw new Error('full')
    this.records.push(record)
  }

  async snapshot(state: unknown): Promise<void> {
    await this.#batch
    if (this.#fails.shift()) throw new Error('full')
    this.snapshotted = state
    this.records = []
  }

  read = async () => ({ snapshot: this.snapshotted, records: this.records })
  close = async () => {}

  /** What is appended together stands or falls together. */
  #write(): Promise<boolean> {
    this.#batch ??= new Promise((resolve) => {
      this.#clock.after(1, () => {
        this.#batch = undefined
        resolve(this.#fails.shift() ?? false)
      })
    })
    return this.#batch
  }
}

const abandoned = (n: number): LogRecord => ({ type: 'ABANDONED', containerId: `c${n}` })

test('whatever the disk refuses, it has every record once and in order, and no act comes before its records', async () => {
  const messages = fc.array(fc.record({ records: fc.nat(600), pauseMs: fc.nat(400) }), {
    minLength: 1,
    maxLength: 12,
  })
  await fc.assert(
    fc.asyncProperty(messages, fc.array(fc.boolean(), { maxLength: 12 }), async (told, fails) => {
      const clock = new SimClock()
      const log = new FickleLog(clock, fails)
      const state = emptyState()
      const durable = () => {
        const replayed = emptyState()
        const { snapshotted, records } = log
        const all = [...((snapshotted as unknown[] | undefined) ?? []), ...records]
        for (const one of all) apply(replayed, fromJson(one))
        return replayed
      }
      const performed: number[] = []
      const wanted = new Map<number, number>()
      let stuck = 0
      const outbox = new Outbox({
        clock,
        random: simRandom(1),
        log,
        state,
        perform: (act: Act) => {
          const n = act.type === 'inspect' ? Number(act.container) : -1
          performed.push(n)
          const { size } = durable().abandoned
          expect(size, `act ${n}`).toBeGreaterThanOrEqual(Math.min(1000, wanted.get(n) ?? 0))
        },
        onStuck: () => (stuck += 1),
        onFlowing: () => (stuck -= 1),
        onSnapshotFailed: () => {},
      })
      let records = 0
      for (const [n, { records: count, pauseMs }] of told.entries()) {
        const made = Array.from({ length: count }, (_, i) => abandoned(records + i))
        records += count
        wanted.set(n, records)
        for (const record of made) apply(state, record)
        outbox.take([
          ...made.map((record) => ({ type: 'log', record }) as const),
          { type: 'inspect', container: String(n) },
        ])
        await clock.advance(pauseMs)
      }
      await clock.advance(120_000)
      expect(performed).toEqual(told.map((_, n) => n))
      expect(stuck).toBe(0)
      expect(snapshotOf(durable()).map(toJson)).toEqual(snapshotOf(state).map(toJson))
      await outbox.close()
    }),
    { numRuns: 60 },
  )
})
