import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openFileRegistry } from '../../src/core-master/registry/file-registry.ts'
import { memoryRegistry, type Registry } from '../../src/core-master/registry/registry.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { openFileLog } from '../../src/runtime/file-log.ts'
import { silent } from '../../src/runtime/logger.ts'
import { MemoryLog } from '../support/memory-log.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A registry, and the next process's. */
interface Rig {
  readonly registry: Registry
  readonly reopen: () => Promise<Registry>
}

const onFile = async (): Promise<Rig> => {
  const folder = join(temporaryFolder('registry'), 'registry')
  const open = async () =>
    openFileRegistry(await openFileLog(folder, { logger: silent }), systemClock)
  const registry = await open()
  return {
    registry,
    reopen: async () => {
      await registry.close()
      return open()
    },
  }
}

const onSimulatedDisk = async (): Promise<Rig> => {
  const log = new MemoryLog()
  return {
    registry: await openFileRegistry(log, systemClock),
    reopen: () => openFileRegistry(log.crash(), systemClock),
  }
}

const inMemory = async (): Promise<Rig> => {
  const registry = memoryRegistry()
  return { registry, reopen: async () => registry }
}

const weight = (name: string, value: number | undefined) =>
  ({ kind: 'weight', name, value }) as const

const stored = (registry: Registry, ...changes: Parameters<Registry['store']>[0]): Promise<void> =>
  new Promise((resolve, reject) => {
    registry.store(changes, (error) => (error === undefined ? resolve() : reject(error)))
  })

const keys = (registry: Registry) => [...registry.entries()].map(([key, value]) => [key, value])

test.each([
  { name: 'file', rig: onFile },
  { name: 'log on a simulated disk', rig: onSimulatedDisk },
  { name: 'memory', rig: inMemory },
])('$name: what is stored is there, for the next process too', async ({ rig }) => {
  const { registry, reopen } = await rig()
  expect(keys(registry)).toEqual([])
  expect(registry.sizeBytes).toBe(0)
  await stored(registry, weight('a/b', 2), { kind: 'gone', name: 'S1', value: { sinceMs: 5 } })
  await stored(registry, weight('a/b', 3), weight('c', 1))
  await stored(registry, weight('c', undefined), weight('nobody', undefined))
  const left = [
    ['weight/a/b', 3],
    ['gone/S1', { sinceMs: 5 }],
  ]
  expect(keys(registry)).toEqual(left)
  const { sizeBytes } = registry
  expect(sizeBytes).toBe('weight/a/b3gone/S1{"sinceMs":5}'.length)
  const next = await reopen()
  expect(keys(next)).toEqual(left)
  expect(next.sizeBytes).toBe(sizeBytes)
  await next.close()
})

test('writes are told of in the order in which they were asked for', async () => {
  const { registry } = await onFile()
  const told: number[] = []
  const all = Array.from({ length: 50 }, (_, n) =>
    stored(registry, weight(`r${n % 7}`, n + 1)).then(() => told.push(n)),
  )
  await Promise.all(all)
  expect(told).toEqual(Array.from({ length: 50 }, (_, n) => n))
  await registry.close()
})

test('a log of many changes is written anew, and is as long as what it says', async () => {
  const log = new MemoryLog()
  const registry = await openFileRegistry(log, systemClock)
  let longest = 0
  for (let n = 1; n <= 5_000; n++) {
    await stored(registry, weight('role', n))
    longest = Math.max(longest, log.content().records.length)
  }
  expect(longest).toBeLessThanOrEqual(1_001)
  expect(keys(await openFileRegistry(log, systemClock))).toEqual([['weight/role', 5_000]])
})

test('what the disk does not take is an error, and not there for the next process', async () => {
  const log = new MemoryLog()
  const registry = await openFileRegistry(log, systemClock)
  await stored(registry, weight('a', 1))
  log.failure = new Error('ENOSPC')
  await expect(stored(registry, weight('a', 2))).rejects.toThrow('ENOSPC')
  expect(keys(await openFileRegistry(log.crash(), systemClock))).toEqual([['weight/a', 1]])
})
