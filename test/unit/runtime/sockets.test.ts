import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CloseStack } from '../../../src/runtime/close-stack.ts'
import {
  connectTimeoutMs,
  endAndDrain,
  limitConnecting,
  lingerMs,
} from '../../../src/runtime/sockets.ts'

let started = new CloseStack()
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(async () => {
  vi.useRealTimers()
  await started.close()
  started = new CloseStack()
})

/** Both ends of a connection that stays half-open. */
const pair = async (): Promise<{ near: Socket; far: Socket }> => {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  started.push(() => void server.close())
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const { port } = server.address() as AddressInfo
  const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [[near]] = await Promise.all([accepted, once(far, 'connect')])
  started.push(() => {
    near.destroy()
    far.destroy()
  })
  return { near, far }
}

test('a peer that keeps its end open after it was sent everything is closed after the linger time, not before', async () => {
  const { near, far } = await pair()
  near.write('all of it')
  endAndDrain(near)
  far.resume()
  await Promise.all([once(near, 'finish'), once(far, 'end')])
  vi.advanceTimersByTime(lingerMs - 1)
  expect(near.destroyed).toBe(false)
  vi.advanceTimersByTime(1)
  expect(near.destroyed).toBe(true)
})

test('what a peer still sends is dropped, so that its own end closes the connection at once', async () => {
  const { near, far } = await pair()
  endAndDrain(near)
  far.resume()
  far.end('this is dropped')
  await once(near, 'close')
})

test('the linger time begins only when a slow peer has taken everything', async () => {
  const { near, far } = await pair()
  far.pause()
  near.write(Buffer.alloc(32 * 1024 * 1024))
  endAndDrain(near)
  await new Promise(setImmediate)
  vi.advanceTimersByTime(10 * lingerMs)
  expect(near.destroyed).toBe(false)
  let received = 0
  far.on('data', (chunk) => (received += chunk.length))
  far.resume()
  await once(far, 'end')
  expect(received).toBe(32 * 1024 * 1024)
})

test('a peer that is gone already is not waited for: nothing keeps the process from ending', async () => {
  const { near, far } = await pair()
  near.end('last words')
  far.resume()
  far.end()
  near.resume()
  await once(near, 'close')
  endAndDrain(near)
  expect(vi.getTimerCount()).toBe(0)
})

test('an attempt to connect ends after its time, a connection does not', async () => {
  const socket = connect({ host: 'nowhere', port: 1, lookup: () => {} })
  limitConnecting(socket)
  const failed = once(socket, 'error')
  vi.advanceTimersByTime(connectTimeoutMs)
  expect(String(await failed)).toContain(`no connection within ${connectTimeoutMs} ms`)

  const { near, far } = await pair()
  limitConnecting(far)
  limitConnecting(near)
  vi.advanceTimersByTime(connectTimeoutMs)
  expect(far.destroyed).toBe(false)
})
