import { expect, test } from 'vitest'
import { EventHub, SlowReaderError } from '../../../src/runtime/event-stream.ts'

const take = async <T>(events: AsyncGenerator<T>, count: number): Promise<T[]> => {
  const taken: T[] = []
  for (let n = 0; n < count; n++) {
    const next = await events.next()
    if (next.done) break
    taken.push(next.value)
  }
  return taken
}

test('every reader gets every event published after it subscribed, before it first reads too', async () => {
  const hub = new EventHub<number>({ limit: 10 })
  const { signal } = new AbortController()
  hub.publish(1)
  const early = hub.subscribe(signal)
  hub.publish(2)
  const late = hub.subscribe(signal)
  hub.publish(3)
  expect(await take(early, 2)).toEqual([2, 3])
  expect(await take(late, 1)).toEqual([3])
})

test('a waiting reader is woken by the next event', async () => {
  const hub = new EventHub<string>({ limit: 1 })
  const next = hub.subscribe(new AbortController().signal).next()
  hub.publish('now')
  expect(await next).toEqual({ done: false, value: 'now' })
})

test('a reader that falls behind gets what it has, then SlowReaderError, and the others nothing of it', async () => {
  const hub = new EventHub<number>({ limit: 2 })
  const { signal } = new AbortController()
  const slow = hub.subscribe(signal)
  const quick = hub.subscribe(signal)
  for (const event of [1, 2, 3]) {
    hub.publish(event)
    expect(await take(quick, 1)).toEqual([event])
  }
  expect(hub.readers).toBe(1)
  expect(await take(slow, 2)).toEqual([1, 2])
  await expect(slow.next()).rejects.toThrow(new SlowReaderError(2))
})

test('aborting ends a waiting reader, and one that never read', async () => {
  const hub = new EventHub<number>({ limit: 2 })
  const stop = new AbortController()
  const waiting = hub.subscribe(stop.signal).next()
  hub.subscribe(stop.signal)
  expect(hub.readers).toBe(2)
  stop.abort()
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(hub.readers).toBe(0)
  expect(await hub.subscribe(stop.signal).next()).toEqual({ done: true, value: undefined })
  expect(hub.readers).toBe(0)
})

test('leaving the loop unsubscribes', async () => {
  const hub = new EventHub<number>({ limit: 2 })
  const events = hub.subscribe(new AbortController().signal)
  hub.publish(1)
  for await (const event of events) {
    expect(event).toBe(1)
    break
  }
  expect(hub.readers).toBe(0)
})
