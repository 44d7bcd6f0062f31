import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { parseMasterConfig } from '../../../src/core-master/config.ts'
import { startMaster } from '../../../src/core-master/main.ts'
import { FolderInUseError } from '../../../src/runtime/folder-lock.ts'
import { LogFormatError } from '../../../src/runtime/log-lines.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

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

const setWeight = (url: string, weight: number) =>
  fetch(`${url}/weights`, {
    method: 'PUT',
    body: JSON.stringify([{ role: 'web', weight }]),
  })

const weights = async (url: string): Promise<unknown> => (await fetch(`${url}/weights`)).json()

test('what is in the registry is there for the next master of the folder, and for one master at a time', async () => {
  const folder = temporaryFolder('master')
  const first = await start({ work_dir: folder })
  expect((await setWeight(first.url, 2)).status).toBe(200)
  await expect(start({ work_dir: folder })).rejects.toThrow(FolderInUseError)
  await close.pop()?.()
  const next = await start({ work_dir: folder })
  expect(await weights(next.url)).toEqual([{ role: 'web', weight: 2 }])
})

const damage = (folder: string, lineAt: number, change: (line: string) => string): string => {
  const path = join(folder, 'registry', 'log')
  const lines = readFileSync(path, 'utf8').split('\n')
  const damaged = lines.map((line, at) => (at === lineAt ? change(line) : line)).join('\n')
  writeFileSync(path, damaged)
  return damaged
}

test('of a registry with a damaged record what stands before it counts', async () => {
  const folder = temporaryFolder('master')
  const first = await start({ work_dir: folder })
  for (let weight = 1; weight <= 3; weight++) await setWeight(first.url, weight)
  await close.pop()?.()
  // The header, who leads, then the weights.
  damage(folder, 3, (line) => line.replace('web', 'wob'))
  expect(await weights((await start({ work_dir: folder })).url)).toEqual([
    { role: 'web', weight: 1 },
  ])
})

test('a registry of another kind keeps a master from starting, and is left as it is', async () => {
  const folder = temporaryFolder('master')
  await start({ work_dir: folder })
  await close.pop()?.()
  const damaged = damage(folder, 0, () => '{"log":"of somebody else"}')
  await expect(start({ work_dir: folder })).rejects.toThrow(LogFormatError)
  expect(readFileSync(join(folder, 'registry', 'log'), 'utf8')).toBe(damaged)
})
