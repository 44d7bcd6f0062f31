import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { parseMasterConfig } from '../../../src/core-master/config.ts'
import { startMaster } from '../../../src/core-master/main.ts'

const close: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(close.splice(0).map((one) => one()))
})

const start = async (flags: Record<string, string> = {}) => {
  const given = Object.fromEntries(Object.entries(flags).map(([name, text]) => [name, [text]]))
  const master = await startMaster(parseMasterConfig({ port: ['0'], ...given }, {}))
  close.push(() => master.close())
  return { ...master, url: `http://${master.host}:${master.port}` }
}

test('a master on real sockets knows its port and its version, and ends its streams when it closes', async () => {
  const { url, port } = await start()
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  expect(await (await fetch(`${url}/version`)).json()).toEqual({ version })
  expect(await (await fetch(`${url}/state`)).json()).toMatchObject({
    pid: `master@127.0.0.1:${port}`,
  })
  const response = await fetch(`${url}/master/api/v1/scheduler`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      type: 'SUBSCRIBE',
      subscribe: { framework_info: { user: 'u', name: 'f' } },
    }),
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('mesos-stream-id')).toMatch(/^[0-9a-f-]{36}$/)
  const reader = response.body?.getReader()
  const first = await reader?.read()
  expect(Buffer.from(first?.value ?? []).toString()).toContain(`"port":${port}`)
  await close.pop()?.()
  for (let part = await reader?.read(); part?.done === false; ) part = await reader?.read()
})

test('an address that is taken is an error of the start', async () => {
  const { port } = await start()
  await expect(start({ port: String(port) })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
