import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findEngine, socketOf } from '../../../src/cli/engine/find.ts'

let folder: string
const servers: { close(): void }[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoal-find-'))
})
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  rmSync(folder, { recursive: true })
})

const daemon = async (name: string, server: string, status = 200): Promise<string> => {
  const socket = join(folder, name)
  const http = createServer((_request, response) =>
    response.writeHead(status, { server, connection: 'close' }).end('OK'),
  )
  servers.push(http)
  await new Promise<void>((resolve) => http.listen(socket, resolve))
  return socket
}
const nowhere = () => join(folder, 'nowhere')

test('the engine of DOCKER_HOST comes first', async () => {
  const mine = await daemon('mine', 'Docker/20.10.24 (linux)')
  const system = await daemon('system', 'Docker/28.0.0 (linux)')
  expect(await findEngine({ DOCKER_HOST: `unix://${mine}` }, { system })).toBe(mine)
})

test('the system engine answers where DOCKER_HOST is an address over TCP, or nobody is there', async () => {
  const system = await daemon('system', 'Docker/28.0.0 (linux)')
  expect(await findEngine({ DOCKER_HOST: 'tcp://127.0.0.1:4375' }, { system })).toBe(system)
  expect(await findEngine({ DOCKER_HOST: `unix://${nowhere()}` }, { system })).toBe(system)
})

test('an endpoint of ours is no engine: shoal would ask itself', async () => {
  const ours = await daemon('ours', 'shoal/0.1.0 (linux)')
  expect(await findEngine({ DOCKER_HOST: `unix://${ours}` }, { system: nowhere() })).toBeUndefined()
})

test('a daemon that answers with an error is no engine', async () => {
  const system = await daemon('broken', 'Docker/28.0.0 (linux)', 500)
  expect(await findEngine({}, { system })).toBeUndefined()
})

test.each([
  { address: 'unix:///var/run/docker.sock', want: '/var/run/docker.sock' },
  { address: 'unix://relative.sock', want: undefined },
  { address: 'unix://', want: undefined },
  { address: 'tcp://127.0.0.1:2375', want: undefined },
  { address: '', want: undefined },
])('the socket of "$address" is $want', ({ address, want }) => {
  expect(socketOf(address)).toBe(want)
})
