import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseImageGc } from '../../../src/core-agent/images/image-gc-config.ts'
import {
  type ImageFactsForRemoval,
  imagesToRemove,
  type StoredImage,
} from '../../../src/core-agent/images/images-to-remove.ts'
import { codecs } from '../../../src/mesos/codec.ts'
import type { AgentCall } from '../../../src/mesos/wire.ts'
import { AgentRig } from '../../support/agent-rig.ts'

const image = (id: string, lastUsedMs: number, more: Partial<StoredImage> = {}): StoredImage => ({
  id,
  references: [`${id}:latest`],
  sizeBytes: 10,
  inUse: false,
  lastUsedMs,
  ...more,
})
const facts = (
  images: readonly StoredImage[],
  usedBytes: number,
  more: Partial<ImageFactsForRemoval> = {},
): ImageFactsForRemoval => ({
  images,
  disk: { usedBytes, totalBytes: 100 },
  watermarks: { high: 0.9, low: 0.8 },
  excluded: [],
  ...more,
})

describe('images to remove', () => {
  const three = [image('b', 2), image('a', 1), image('c', 3)]
  test.each<{ name: string; given: ImageFactsForRemoval; want: readonly string[] }>([
    { name: 'none at the high watermark', given: facts(three, 90), want: [] },
    { name: 'above it, down to the low one', given: facts(three, 91), want: ['a', 'b'] },
    { name: 'more where the disk is fuller', given: facts(three, 100), want: ['a', 'b'] },
    { name: 'all where all are not enough', given: facts(three, 1000), want: ['a', 'b', 'c'] },
    {
      name: 'none that a container has',
      given: facts([image('a', 1, { inUse: true }), image('b', 2)], 95),
      want: ['b'],
    },
    {
      name: 'none that is excluded: by name, by digest, by id',
      given: facts(
        [
          image('a', 1),
          image('b', 1, { references: ['b@sha256:1'] }),
          image('sha256:c', 1, { references: [] }),
          image('d', 2, { references: ['h:5000/d:latest'] }),
          image('e', 3, { references: ['e:1', 'e:2'] }),
        ],
        1000,
        { excluded: ['a', 'b@sha256:1', 'sha256:c', 'h:5000/d', 'e:2'] },
      ),
      want: [],
    },
    {
      name: 'of the same age the one with the first id',
      given: facts([image('b', 1), image('a', 1)], 91, { watermarks: { high: 0.9, low: 0.85 } }),
      want: ['a'],
    },
    {
      name: 'none of a disk that has no size',
      given: facts(three, 95, { disk: { usedBytes: 5, totalBytes: 0 } }),
      want: [],
    },
  ])('$name', ({ given, want }) => {
    expect(imagesToRemove(given)).toEqual(want)
  })

  test('whatever there is: only unused ones, the oldest first, no more than needed', () => {
    const some = fc.uniqueArray(
      fc.record({
        id: fc.string({ minLength: 1, maxLength: 4 }),
        sizeBytes: fc.nat(50),
        inUse: fc.boolean(),
        lastUsedMs: fc.nat(5),
        references: fc.constant([]),
      }),
      { selector: ({ id }) => id },
    )
    const marks = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    fc.assert(
      fc.property(some, fc.nat(200), marks, (images, usedBytes, [one, other]) => {
        const watermarks = { high: Math.max(one, other), low: Math.min(one, other) }
        const chosen = imagesToRemove(facts(images, usedBytes, { watermarks }))
        const rows = chosen.map((id) => images.find((row) => row.id === id))
        expect(new Set(chosen).size).toBe(chosen.length)
        expect(rows.every((row) => row?.inUse === false)).toBe(true)
        const ages = rows.map((row) => row?.lastUsedMs ?? 0)
        expect(ages).toEqual([...ages].sort((a, b) => a - b))
        const left = images.filter(({ id, inUse }) => !inUse && !chosen.includes(id))
        for (const row of left) expect(row.lastUsedMs).toBeGreaterThanOrEqual(ages.at(-1) ?? 0)
        const freed = rows.slice(0, -1).reduce((sum, row) => sum + (row?.sizeBytes ?? 0), 0)
        if (chosen.length > 0) {
          expect(usedBytes).toBeGreaterThan(watermarks.high * 100)
          expect(freed).toBeLessThan(usedBytes - watermarks.low * 100)
        }
      }),
    )
  })
})

describe('--image_gc_config', () => {
  test('has Mesos’ fields and defaults', () => {
    expect(parseImageGc('{}')).toEqual({ high: 0.9, low: 0.8, intervalMs: 3_600_000, excluded: [] })
    const text =
      '{"image_disk_headroom":0.25,"image_disk_target_headroom":0.25,"image_disk_watch_interval":{"nanoseconds":5000000000},"excluded_images":[{"type":"DOCKER","docker":{"name":"busybox"}}]}'
    expect(parseImageGc(text)).toEqual({
      high: 0.75,
      low: 0.75,
      intervalMs: 5000,
      excluded: ['busybox'],
    })
  })
  test.each([
    { text: '[]', says: /^wanted a JSON object/ },
    { text: '{"headroom":1}', says: /^headroom is none of image_disk_headroom,/ },
    {
      text: '{"image_disk_headroom":2}',
      says: /^image_disk_headroom must be a number from 0 to 1/,
    },
    {
      text: '{"image_disk_headroom":0.5,"image_disk_target_headroom":0.1}',
      says: /^image_disk_target_headroom must not be less/,
    },
    { text: '{"image_disk_watch_interval":{"nanoseconds":1}}', says: /a second at least/ },
    { text: '{"excluded_images":["a"]}', says: /^excluded_images must hold/ },
  ])('$text is refused', ({ text, says }) => {
    expect(() => parseImageGc(text)).toThrow(says)
  })
})

describe('an agent', () => {
  const config =
    '{"image_disk_headroom":0.1,"image_disk_watch_interval":{"nanoseconds":60000000000}}'
  const pull = async (rig: AgentRig, ...names: readonly string[]) => {
    for (const name of names) {
      rig.engine.registry.add(name)
      void rig.engine.pull(name)
      await rig.clock.advance(10)
    }
  }
  const prune = async (rig: AgentRig, excluded: readonly string[] = []) => {
    const excluded_images = excluded.map((name) => ({ type: 'DOCKER' as const, docker: { name } }))
    const call: AgentCall = { type: 'PRUNE_IMAGES', prune_images: { excluded_images } }
    const body = codecs<AgentCall>('mesos.v1.agent.Call')['application/json'].encode(call)
    const headers = { 'content-type': 'application/json' }
    const request = { method: 'POST', path: '/api/v1', headers, body }
    const state = { waiting: true }
    const asked = rig.network
      .transport('operator')
      .request('agent:5051', request, { timeoutMs: 60_000 })
      .finally(() => (state.waiting = false))
    while (state.waiting) await rig.clock.advance(1)
    return (await asked).status
  }

  test('removes what was used the longest ago once its disk is full, also after a restart', async () => {
    const rig = await new AgentRig({ flags: { image_gc_config: config } }).up()
    await pull(rig, 'old:1', 'used:1')
    const container = await rig.run('web', ['serve'], { body: { Image: 'used:1' } })
    rig.engine.disk = { usedBytes: 50, totalBytes: 100 }
    await rig.clock.advance(1000)
    await rig.ask('DELETE', `/engine/containers/${container}?force=1`)
    await pull(rig, 'new:1')
    await rig.clock.advance(70_000)
    expect(rig.engine.removedImages).toEqual([])
    rig.engine.disk = { usedBytes: 4 * 1024 ** 2, totalBytes: 3.2 * 1024 ** 2 }
    await rig.restart()
    await rig.clock.advance(70_000)
    expect(new Set(rig.engine.removedImages)).toEqual(new Set(['busybox:latest', 'old:1']))
  })

  test('removes nothing unasked without the flag, nor where it cannot see the disk', async () => {
    for (const flags of [{}, { image_gc_config: config }]) {
      const rig = await new AgentRig({ flags }).up()
      await pull(rig, 'old:1')
      await rig.clock.advance(4_000_000)
      expect(rig.engine.removedImages).toEqual([])
    }
  })

  test('PRUNE_IMAGES removes what no container has and is not excluded', async () => {
    const rig = await new AgentRig().up()
    await pull(rig, 'old:1', 'kept:1', 'used:1')
    await rig.run('web', ['serve'], { body: { Image: 'used:1' } })
    expect(await prune(rig, ['kept:1', 'busybox'])).toBe(200)
    expect(rig.engine.removedImages).toEqual(['old:1'])
    expect(await prune(rig)).toBe(200)
    expect(rig.engine.removedImages).toHaveLength(3)
    expect(rig.engine.removedImages).not.toContain('used:1')
  })

  test('goes on where the engine keeps one, and says when it does not answer', async () => {
    const rig = await new AgentRig().up()
    await pull(rig, 'old:1')
    rig.engine.fault('removeImage', { kind: 'refuse', status: 409, message: 'in use' })
    expect(await prune(rig)).toBe(200)
    expect(rig.engine.removedImages).toHaveLength(1)
    rig.engine.fault('storage', { kind: 'hang' })
    expect(await prune(rig)).toBe(503)
  })
})
