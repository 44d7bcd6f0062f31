import { execFileSync } from 'node:child_process'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AppendLog } from '../../../src/runtime/append-log.ts'
import { CloseStack } from '../../../src/runtime/close-stack.ts'
import { maxWaiting, openFileLog } from '../../../src/runtime/file-log.ts'
import { encodeLine } from '../../../src/runtime/log-lines.ts'
import { silent } from '../../../src/runtime/logger.ts'

let folder: string
let path: string
let started = new CloseStack()
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-log-'))
  path = join(folder, 'log')
})
afterEach(async () => {
  vi.restoreAllMocks()
  await started.close()
  started = new CloseStack()
  await rm(folder, { recursive: true })
})

const opened = async (): Promise<{ log: AppendLog; warnings: object[] }> => {
  const warnings: object[] = []
  const warn = (fields: object): number => warnings.push(fields)
  const log = await openFileLog(folder, { logger: { ...silent, warn } })
  started.push(() => log.close())
  return { log, warnings }
}

/** Node's own file methods, to be watched or made to fail. */
const fileMethods = async () => {
  const handle = await open(path, 'r')
  await handle.close()
  return Object.getPrototypeOf(handle) as typeof handle
}

const three = async (): Promise<Buffer> => {
  const { log } = await opened()
  await log.snapshot({ tasks: ['a'] })
  for (const record of ['one', { two: 2 }, ['three']]) await log.append(record)
  await log.close()
  return readFile(path)
}

test('records of one turn share one fdatasync', async () => {
  const { log } = await opened()
  const datasync = vi.spyOn(await fileMethods(), 'datasync')
  await Promise.all(Array.from({ length: 100 }, (_, n) => log.append(n)))
  expect(datasync).toHaveBeenCalledTimes(1)
})

test('a record is on the disk when its promise resolves', async () => {
  const { log } = await opened()
  await log.append({ launch: 1 })
  expect(await readFile(path, 'utf8')).toContain('{"launch":1}')
})

test('every line is JSON, and nobody else may read the file', async () => {
  const bytes = await three()
  const lines = bytes.toString().trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as unknown[])[1])).toEqual([
    { log: 'shoal', version: 1, snapshot: { tasks: ['a'] } },
    'one',
    { two: 2 },
    ['three'],
  ])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a log that is cut anywhere reads as its whole records, says so, and goes on from there', async () => {
  const bytes = await three()
  const header = bytes.indexOf('\n') + 1
  const all = ['one', { two: 2 }, ['three']]
  for (let length = header; length < bytes.length; length++) {
    await writeFile(path, bytes.subarray(0, length))
    const { log, warnings } = await opened()
    const { snapshot, records } = await log.read()
    expect(snapshot).toEqual({ tasks: ['a'] })
    expect(records).toEqual(all.slice(0, records.length))
    const isBoundary = length === header || bytes[length - 1] === 0x0a
    expect(warnings).toHaveLength(isBoundary ? 0 : 1)
    await log.append('next')
    expect((await log.read()).records).toEqual([...records, 'next'])
    await log.close()
  }
})

test('a flipped bit cuts the log before its record, whatever stands behind; in the first line it is refused', async () => {
  const bytes = await three()
  const header = bytes.indexOf('\n') + 1
  const all = ['one', { two: 2 }, ['three']]
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
    await writeFile(path, damaged)
    if (at < header) {
      await expect(opened()).rejects.toThrow('its first line is damaged: put back a copy')
      continue
    }
    const { log, warnings } = await opened()
    const { records } = await log.read()
    expect(records.length).toBeLessThan(3)
    expect(records).toEqual(all.slice(0, records.length))
    expect(warnings).toHaveLength(1)
    await log.close()
  }
})

test('what stood behind a damaged record does not come back when a record of its length takes its place', async () => {
  const bytes = await three()
  await writeFile(path, bytes.toString().replace('"one"', '"0ne"'))
  const { log } = await opened()
  await log.append('new')
  await log.close()
  expect((await (await opened()).log.read()).records).toEqual(['new'])
})

test('a log of a later version is refused, and left as it is', async () => {
  const later = encodeLine({ log: 'shoal', version: 2 })
  await writeFile(path, later)
  await expect(opened()).rejects.toThrow(
    `${path} was written by a later shoal (log version 2, this one reads up to 1)`,
  )
  expect(await readFile(path, 'utf8')).toBe(later)
})

test('a draft that a crash left behind is of no account', async () => {
  const bytes = await three()
  await writeFile(`${path}.new`, bytes.subarray(0, 10))
  const { log } = await opened()
  expect((await log.read()).records).toHaveLength(3)
  await log.snapshot('s')
  expect(await log.read()).toEqual({ snapshot: 's', records: [] })
})

test('a folder has one owner, and says who', async () => {
  const { log } = await opened()
  await expect(opened()).rejects.toThrow(
    `${folder} is in use by process ${process.pid}: stop it, or choose another folder (the claim is in ${folder}/lock)`,
  )
  await log.close()
  await (await opened()).log.append('x')
})

test.each([
  {
    name: 'a process that is gone',
    pid: () => Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' })),
  },
  { name: 'an earlier process of the same id', pid: () => process.pid },
])('the claim of $name is void', async ({ pid }) => {
  await writeFile(join(folder, 'lock'), `${pid()} 1\n`)
  await (await opened()).log.append('x')
})

test('a folder that cannot be opened is given back', async () => {
  await writeFile(path, 'not a log\n')
  await expect(opened()).rejects.toThrow('is not a shoal log')
  await rm(path)
  await (await opened()).log.append('x')
})

test.each(['write', 'datasync'] as const)(
  'a %s that fails is told to all whom it concerns, and what it left is cut before the next',
  async (method) => {
    const { log } = await opened()
    await log.append('kept')
    const methods = await fileMethods()
    const full = new Error('ENOSPC: no space left on device')
    if (method === 'datasync') vi.spyOn(methods, 'datasync').mockRejectedValueOnce(full)
    else
      vi.spyOn(methods, 'write').mockImplementationOnce(async function (
        this: typeof methods,
        ...[, , , position]: unknown[]
      ) {
        await this.write('["torn', Number(position))
        throw full
      })
    const lost = [log.append('lost'), log.append('too')]
    for (const write of lost) await expect(write).rejects.toThrow('ENOSPC')
    await log.append('later')
    expect((await log.read()).records).toEqual(['kept', 'later'])
    await log.close()
    const { log: next, warnings } = await opened()
    expect((await next.read()).records).toEqual(['kept', 'later'])
    expect(warnings).toEqual([])
  },
)

test('a snapshot that fails leaves the log as it was, without a draft', async () => {
  const { log } = await opened()
  await log.append('kept')
  vi.spyOn(await fileMethods(), 'sync').mockRejectedValueOnce(new Error('EIO: i/o error'))
  await expect(log.snapshot('s')).rejects.toThrow('EIO')
  await log.append('later')
  expect(await log.read()).toEqual({ snapshot: undefined, records: ['kept', 'later'] })
  await expect(stat(`${path}.new`)).rejects.toThrow('ENOENT')
})

test('while the rename of a snapshot is not durable, no later record is called durable', async () => {
  const { log } = await opened()
  const methods = await fileMethods()
  const failure = new Error('EIO: i/o error')
  const sync = vi
    .spyOn(methods, 'sync')
    .mockImplementationOnce(function (this: typeof methods) {
      return this.datasync() // The new file; then the folder, then the folder again.
    })
    .mockRejectedValueOnce(failure)
    .mockRejectedValueOnce(failure)
  await expect(log.snapshot('s')).rejects.toThrow('EIO')
  await expect(log.append('lost')).rejects.toThrow('EIO')
  await log.append('later')
  expect(sync).toHaveBeenCalledTimes(4)
  expect(await log.read()).toEqual({ snapshot: 's', records: ['later'] })
})

test('more than its bound of waiting records is refused, not kept', async () => {
  const { log } = await opened()
  const writes = Array.from({ length: maxWaiting }, (_, n) => log.append(n))
  await expect(log.append('one more')).rejects.toThrow('10000 records wait for the disk')
  await Promise.all(writes)
  await log.append('fits again')
  expect((await log.read()).records).toHaveLength(maxWaiting + 1)
})
