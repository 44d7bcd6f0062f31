import { expect, test } from 'vitest'
import { MemoryLog } from '../../support/memory-log.ts'
import { SimClock } from '../../support/sim-clock.ts'

const onSlowDisk = () => {
  const clock = new SimClock()
  return { clock, log: new MemoryLog({ clock, delayMs: () => 10 }) }
}

test('a crash loses what is not yet durable, and tells nobody', async () => {
  const { clock, log } = onSlowDisk()
  const told: string[] = []
  void log.append('durable').then(() => told.push('durable'))
  await clock.advance(10)
  void log.append('under way').then(() => told.push('under way'))
  await clock.advance(5)
  void log.append('waiting').then(() => told.push('waiting'))
  const next = log.crash()
  void log.append('after death').then(() => told.push('after death'))
  await clock.advance(1000)
  expect(told).toEqual(['durable'])
  expect((await next.read()).records).toEqual(['durable'])
})

test('a crash may keep some of what was under way, in order', async () => {
  const { clock, log } = onSlowDisk()
  void log.append(1)
  void log.append(2)
  void log.append(3)
  await clock.advance(5)
  const next = log.crash({ kept: 2 })
  await clock.advance(1000)
  expect((await next.read()).records).toEqual([1, 2])
})

test('what is appended while the disk is busy goes with the next write', async () => {
  const { clock, log } = onSlowDisk()
  const durableAt: number[] = []
  const append = (n: number) => void log.append(n).then(() => durableAt.push(clock.now()))
  append(1)
  await clock.advance(1)
  append(2)
  append(3)
  await clock.advance(100)
  expect(durableAt).toEqual([10, 20, 20])
})

test('a full disk refuses, and takes the next once there is room', async () => {
  const log = new MemoryLog()
  log.failure = new Error('ENOSPC')
  await expect(log.append(1)).rejects.toThrow('ENOSPC')
  log.failure = undefined
  await log.append(2)
  expect((await log.read()).records).toEqual([2])
})
