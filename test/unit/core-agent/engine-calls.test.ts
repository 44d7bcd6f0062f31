import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DockerodeEngine } from '../../../src/core-agent/docker/dockerode-engine.ts'
import type { Engine } from '../../../src/core-agent/docker/engine.ts'
import { SimClock } from '../../support/sim-clock.ts'

let folder: string
let server: Server
let hanging: RegExp
let asked: string[]
let engine: Engine
let clock: SimClock

/** An engine that answers everything but what `hanging` says. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shoal-calls-'))
  const socketPath = join(folder, 'docker.sock')
  asked = []
  server = createServer((request, response) => {
    const url = request.url ?? ''
    asked.push(url)
    if (hanging.test(url)) return
    response.writeHead(url.includes('/json') || url === '/_ping?' ? 200 : 204)
    response.end(url.includes('/json') ? '{}' : undefined)
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  clock = new SimClock(0)
  engine = new DockerodeEngine({ socketPath, clock })
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

const kill = { type: 'kill', signal: 'SIGKILL' } as const
const remove = { type: 'remove', force: true, volumes: true, link: false } as const

test.each([
  { hangs: 'stops', path: /stop/, hang: () => engine.change('c', { type: 'stop' }), count: 200 },
  { hangs: 'removals', path: /\/c\?/, hang: () => engine.change('c', remove), count: 64 },
  { hangs: 'looks', path: /json/, hang: () => engine.inspect('c'), count: 64 },
])('$count $hangs that hang hold up no SIGKILL and no ping (core-agent §3.7)', async (row) => {
  hanging = row.path
  const calls = Array.from({ length: row.count }, () => row.hang().catch(() => 'gave up'))
  await vi.waitFor(() => expect(asked).toHaveLength(row.count))
  expect(await engine.change('c', kill)).toEqual({ changed: true })
  await engine.ping()
  await clock.advance(60_000)
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['gave up']))
})

test('a ping that hangs holds up nothing, and is given up after five seconds', async () => {
  hanging = /_ping/
  const ping = engine.ping()
  const told = expect(ping).rejects.toThrow('GET /_ping: no answer from the engine within 5s')
  await vi.waitFor(() => expect(asked).toHaveLength(1))
  expect(await engine.inspect('c')).toEqual({})
  await clock.advance(5000)
  await told
})
