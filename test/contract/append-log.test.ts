import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { AppendLog } from '../../src/runtime/append-log.ts'
import { CloseStack } from '../../src/runtime/close-stack.ts'
import { openFileLog } from '../../src/runtime/file-log.ts'
import { silent } from '../../src/runtime/logger.ts'
import { MemoryLog } from '../support/memory-log.ts'

let started = new CloseStack()
afterEach(async () => {
  await started.close()
  started = new CloseStack()
})

interface Disk {
  /** Opens the log of one place again, once the last owner has closed it. */
  open(): Promise<AppendLog>
}

const kinds: { readonly name: string; readonly disk: () => Promise<Disk> }[] = [
  {
    name: 'a file',
    disk: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'shoal-log-'))
      started.push(() => rm(folder, { recursive: true }))
      return { open: () => openFileLog(folder, { logger: silent }) }
    },
  },
  {
    name: 'memory',
    disk: async () => {
      let log: MemoryLog | undefined
      return { open: async () => (log = log?.crash() ?? new MemoryLog()) }
    },
  },
]

describe.each(kinds)('a log in $name', ({ disk }) => {
  const opened = async (place?: Disk): Promise<AppendLog> => {
    const log = await (place ?? (await disk())).open()
    started.push(() => log.close())
    return log
  }

  test('is empty at first', async () => {
    expect(await (await opened()).read()).toEqual({ snapshot: undefined, records: [] })
  })

  test('gives records back in the order of the calls, to the next owner too', async () => {
    const place = await disk()
    const log = await opened(place)
    const records = [1, 'ü\n"', null, { a: [true, { '\u2028': '\ud83d\ude00' }] }, []]
    await Promise.all(records.map((record) => log.append(record)))
    expect(await log.read()).toEqual({ snapshot: undefined, records })
    await log.close()
    const next = await opened(place)
    await next.append('more')
    expect((await next.read()).records).toEqual([...records, 'more'])
  })

  test('keeps what a record was at the call', async () => {
    const log = await opened()
    const record = { tasks: 1 }
    const written = log.append(record)
    record.tasks = 2
    await written
    expect((await log.read()).records).toEqual([{ tasks: 1 }])
  })

  test('a snapshot replaces what was appended before the call, and nothing after it', async () => {
    const place = await disk()
    const log = await opened(place)
    await log.append('a')
    const order: string[] = []
    const named = async (name: string, written: Promise<void>) => {
      await written
      order.push(name)
    }
    await Promise.all([
      named('b', log.append('b')),
      named('S', log.snapshot({ upTo: 'b' })),
      named('c', log.append('c')),
    ])
    expect(order).toEqual(['b', 'S', 'c'])
    await log.close()
    const next = await opened(place)
    expect(await next.read()).toEqual({ snapshot: { upTo: 'b' }, records: ['c'] })
    await next.snapshot(null)
    expect(await next.read()).toEqual({ snapshot: null, records: [] })
  })

  test('refuses what is not JSON, at the call', async () => {
    const log = await opened()
    expect(() => log.append(undefined)).toThrow('a record must be a JSON value')
  })

  test('finishes its writes when it is closed, and refuses later ones', async () => {
    const place = await disk()
    const log = await opened(place)
    const written = log.append('last')
    await log.close()
    await written
    await expect(log.append('late')).rejects.toThrow('is closed')
    await log.close()
    expect((await (await opened(place)).read()).records).toEqual(['last'])
  })

  test('any sequence of writes and restarts reads as the sequence says', async () => {
    const step = fc.oneof(
      { arbitrary: fc.record({ append: fc.jsonValue() }), weight: 5 },
      { arbitrary: fc.record({ snapshot: fc.jsonValue() }), weight: 1 },
      { arbitrary: fc.constant({ restart: true as const }), weight: 1 },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const place = await disk()
        let log = await place.open()
        let model: { snapshot: unknown; records: unknown[] } = { snapshot: undefined, records: [] }
        const writes: Promise<void>[] = []
        for (const step of steps) {
          if ('append' in step) {
            model.records.push(JSON.parse(JSON.stringify(step.append)))
            writes.push(log.append(step.append))
          } else if ('snapshot' in step) {
            model = { snapshot: JSON.parse(JSON.stringify(step.snapshot)), records: [] }
            writes.push(log.snapshot(step.snapshot))
          } else {
            await log.close()
            log = await place.open()
          }
        }
        await Promise.all(writes)
        expect(await log.read()).toEqual(model)
        await log.close()
      }),
      { numRuns: 30 },
    )
  })
})
