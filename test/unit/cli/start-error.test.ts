import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { listening, StartError } from '../../../src/cli/start-error.ts'

const listen = async (port: number, host: string) => {
  const server = createServer()
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

test('a port in use is named with its flag and the remedy', async () => {
  const holder = await listen(0, '127.0.0.1')
  const { port } = holder.address() as { port: number }
  try {
    const failure = listening('--port', () => listen(port, '127.0.0.1'))
    await expect(failure).rejects.toThrow(
      new StartError(
        `--port: 127.0.0.1:${port} is in use; stop what listens there, or choose another port, where 0 takes any free one`,
      ),
    )
  } finally {
    holder.close()
  }
})

test('an address of another machine is named too', async () => {
  await expect(listening('--ip', () => listen(0, '192.0.2.1'))).rejects.toThrow(
    '--ip: 192.0.2.1 is not an address of this machine; 127.0.0.1 always is',
  )
})

test('what is not about the address goes on as it is', async () => {
  const bug = new TypeError('our bug')
  await expect(listening('--ip', () => Promise.reject(bug))).rejects.toBe(bug)
})
