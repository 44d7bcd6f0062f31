import { expect, test } from 'vitest'
import { glanceOf, sampleOf, taskSampleOf } from '../../../src/core-agent/usage/sampler.ts'
import { shareOf } from '../../../src/core-agent/usage/share.ts'
import { parseResources } from '../../../src/resources/parse.ts'
import { idleReading } from '../../support/fake-cgroups.ts'

const gib = 1024 ** 3

const node = (given: object = {}) => ({
  atMs: 0,
  cpus: 4,
  busySeconds: 100,
  memoryTotalBytes: 8 * gib,
  memoryAvailableBytes: 6 * gib,
  load: [0, 0, 0] as const,
  regular: idleReading,
  revocable: idleReading,
  ...given,
})

const used = (cpuUserSeconds: number, given: object = {}) => ({
  ...idleReading,
  cpuUserSeconds,
  ...given,
})

test('what neither tier used is the system’s', () => {
  const after = node({ atMs: 2000, busySeconds: 105, regular: used(2), revocable: used(1) })
  expect(sampleOf(node(), after, 1000)).toMatchObject({
    intervalMs: 2000,
    regularCpus: 1,
    revocableCpus: 0.5,
    systemCpus: 1,
  })
})

test('a working set is without the cache that can be dropped', () => {
  const regular = used(0, { memoryBytes: 3 * gib, inactiveFileBytes: gib })
  const sample = sampleOf(node(), node({ atMs: 1000, regular }), 1000)
  expect(sample?.regularMemoryBytes).toBe(2 * gib)
})

test('pressure is the share of the interval in which somebody waited', () => {
  const waits = { ...idleReading.waits, cpuSomeSeconds: 0.25, memoryFullSeconds: 5 }
  const sample = sampleOf(node(), node({ atMs: 1000, regular: used(0, { waits }) }), 1000)
  expect(sample?.pressure).toMatchObject({ cpuSome: 0.25, memoryFull: 1 })
})

test.each([
  { name: 'too close to each other', after: { atMs: 400 } },
  { name: 'of another boot', after: { atMs: 1000, busySeconds: 1 } },
  { name: 'of another group of that name', before: { regular: used(9) }, after: { atMs: 1000 } },
])('two readings say nothing when they are $name', ({ before = {}, after }) => {
  expect(sampleOf(node(before), node(after), 1000)).toBeUndefined()
})

test('a tier that has just begun counts from nothing', () => {
  const before = node({ revocable: undefined })
  expect(
    sampleOf(before, node({ atMs: 1000, busySeconds: 101, revocable: used(0.5) }), 1000),
  ).toMatchObject({ revocableCpus: 0.5 })
})

test('a container’s cpus need two looks; a counter that falls is a new container', () => {
  const first = taskSampleOf(undefined, used(10), 0, 5000)
  expect(first).toMatchObject({ cpus: 0, samples: 1 })
  const second = taskSampleOf(first, used(15), 5000, 5000)
  expect(second).toMatchObject({ cpus: 1, samples: 2, cpuSeconds: 15 })
  expect(taskSampleOf(second, used(16), 5100, 5000)).toBeUndefined()
  expect(taskSampleOf(second, used(1), 10_000, 5000)).toMatchObject({ cpus: 0, samples: 1 })
})

test('one of two agents on a machine sees its half of it', () => {
  const counters = node()
  const half = shareOf(counters, parseResources('cpus:2').resources, 4)
  expect(half).toMatchObject({ cpus: 2, busySeconds: 50, memoryTotalBytes: 4 * gib })
  expect(shareOf(counters, parseResources('cpus:4').resources, 4)).toBe(counters)
})

const tiers = (atMs: number, regularSeconds: number, revocableSeconds: number) => ({
  atMs,
  regularSeconds,
  revocableSeconds,
})

test('a glance is what both tiers used between two readings', () => {
  const glance = glanceOf(tiers(1000, 5, 7), tiers(1050, 5.1, 7.025), 50)
  expect(glance?.regularCpus).toBeCloseTo(2)
  expect(glance?.revocableCpus).toBeCloseTo(0.5)
})

test.each([
  { name: 'too close to each other', after: tiers(1020, 5.1, 7) },
  { name: 'of another group of that name', after: tiers(1050, 0.1, 7) },
])('there is none where they are $name', ({ after }) => {
  expect(glanceOf(tiers(1000, 5, 7), after, 50)).toBeUndefined()
})
