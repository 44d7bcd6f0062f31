import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { sandboxPath } from '../../../src/core-agent/command/sandbox-path.ts'
import { listFolder } from '../../../src/core-agent/files/disk-files.ts'
import { locate } from '../../../src/core-agent/files/locate.ts'
import { maxReadBytes, rangeOf } from '../../../src/core-agent/files/query.ts'
import { answerFiles } from '../../../src/core-agent/http/files-endpoint.ts'
import { emptyState } from '../../../src/core-agent/state.ts'
import { type AgentId, id } from '../../../src/mesos/ids.ts'
import type { Headers } from '../../../src/runtime/transport.ts'
import { SimClock } from '../../support/sim-clock.ts'

const root = mkdtempSync(join(tmpdir(), 'shoal-files-'))
const workDir = join(root, 'work')
const run = sandboxPath(workDir, {
  agentId: 'a1',
  frameworkId: 'f1',
  executorId: 'job:1',
  containerId: 'c1',
})
const logFile = join(root, 'logs', 'agent.log')
const outside = join(root, 'secret')
mkdirSync(run, { recursive: true })
writeFileSync(outside, 'secret')
mkdirSync(dirname(logFile))
writeFileSync(logFile, '{"level":30}\n')
writeFileSync(join(workDir, 'meta'), 'secret')
writeFileSync(join(run, 'stdout'), 'one\ntwo\n')
writeFileSync(join(run, 'binary'), Buffer.from([0x61, 0xff, 0x62]))
mkdirSync(join(run, 'folder'))
writeFileSync(join(run, 'folder', 'a b+c.txt'), 'deep')
symlinkSync('folder/a b+c.txt', join(run, 'inner'))
symlinkSync(outside, join(run, 'outer'))
symlinkSync('../../../../../../..', join(run, 'up'))
symlinkSync('c1', join(dirname(run), 'latest'))
execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', join(run, 'pipe')])
afterAll(() => rmSync(root, { recursive: true }))

const state = { ...emptyState(), agentId: id<AgentId>('a1') }

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  readonly sizes: readonly number[]
}

const get = (path: string, headers: Headers = {}, method = 'GET', keep = true): Promise<Answer> =>
  new Promise((resolve) => {
    const request = { method, path, headers, body: new Uint8Array() }
    const known = answerFiles({ state, workDir, logFile, clock: new SimClock() }, request, {
      peer: 'test',
      reply: (status, given, body = '') =>
        resolve({ status, headers: given, body: Buffer.from(body).toString(), sizes: [] }),
      open: (status, given) => {
        const pieces: Uint8Array[] = []
        const sizes: number[] = []
        const body = () => Buffer.concat(pieces).toString()
        return {
          write: (bytes) => {
            sizes.push(bytes.byteLength)
            if (keep) pieces.push(bytes)
          },
          bufferedBytes: () => 0,
          end: () => resolve({ status, headers: given, body: body(), sizes }),
          onClose: () => {},
        }
      },
    })
    if (!known) resolve({ status: 404, headers: {}, body: 'none of ours', sizes: [] })
  })

const query = (path: string, more = '') => `path=${encodeURIComponent(path)}${more}`
const read = (path: string, more = '') => get(`/files/read?${query(path, more)}`)

describe('/files/browse', () => {
  test('lists a sandbox as Mesos does, links as links', async () => {
    const { status, body } = await get(`/files/browse?${query(run)}`)
    expect(status).toBe(200)
    const rows = JSON.parse(body) as { path: string; mode: string }[]
    expect(rows.map(({ path, mode }) => [path.slice(run.length + 1), mode[0]])).toEqual([
      ['binary', '-'],
      ['folder', 'd'],
      ['inner', 'l'],
      ['outer', 'l'],
      ['pipe', 'p'],
      ['stdout', '-'],
      ['up', 'l'],
    ])
    expect(rows.at(-2)).toEqual({
      path: `${run}/stdout`,
      mode: '-rw-r--r--',
      nlink: 1,
      uid: 'root',
      gid: 'root',
      size: 8,
      mtime: expect.any(Number) as number,
    })
  })

  test.each([
    '/frameworks/f1/executors/job:1/latest',
    '/frameworks/f1/executors/job:1/runs/latest/',
    `${dirname(run)}/latest`,
  ])('under its virtual path %s, which its rows repeat', async (path) => {
    const { body } = await get(`/slave(1)/files/browse.json?${query(path)}`)
    const [first] = JSON.parse(body) as { path: string }[]
    expect(first?.path).toBe(`${path.replace(/\/$/, '')}/binary`)
  })

  test('a file holds nothing, what is not there is 404', async () => {
    expect((await get(`/files/browse?${query(`${run}/stdout`)}`)).body).toBe('[]')
    expect(await get(`/files/browse?${query(`${run}/nothing`)}`)).toMatchObject({ status: 404 })
  })

  test('of a folder with too many some are shown', async () => {
    const place = { run, rest: '' }
    expect(await listFolder(place, run, 3)).toHaveLength(3)
    expect(await listFolder(place, run, 7)).toHaveLength(7)
    expect(await listFolder(place, run, 8)).toHaveLength(7)
  })
})

describe('/files/read', () => {
  test.each([
    { more: '', data: '', offset: 8 },
    { more: '&offset=-1&length=4', data: '', offset: 8 },
    { more: '&offset=0', data: 'one\ntwo\n', offset: 0 },
    { more: '&offset=4&length=3', data: 'two', offset: 4 },
    { more: '&offset=4&length=-1', data: 'two\n', offset: 4 },
    { more: '&offset=0&length=0', data: '', offset: 0 },
    { more: '&offset=8', data: '', offset: 8 },
    { more: '&offset=1000', data: '', offset: 1000 },
  ])('of eight bytes $more', async ({ more, ...want }) => {
    expect(JSON.parse((await read(`${run}/stdout`, more)).body)).toEqual(want)
  })

  test('what is no UTF-8 is replaced', async () => {
    expect(JSON.parse((await read(`${run}/binary`, '&offset=0')).body)).toEqual({
      data: 'a\ufffdb',
      offset: 0,
    })
  })

  test.each([
    {
      more: '&offset=hello',
      says: "Failed to parse offset: Failed to convert 'hello' to number.\n",
    },
    { more: '&length=1.5', says: "Failed to parse length: Failed to convert '1.5' to number.\n" },
    { more: '&offset=-2', says: 'Negative offset provided: -2.\n' },
    { more: '&length=-9', says: 'Negative length provided: -9.\n' },
  ])('refuses $more in Mesos’ words', async ({ more, says }) => {
    expect(await read(`${run}/stdout`, more)).toMatchObject({ status: 400, body: says })
  })

  test.each([
    { path: '', status: 400, body: "Expecting 'path=value' in query.\n" },
    { path: `${run}/folder`, status: 400, body: 'Cannot read a directory.\n' },
    { path: `${run}/pipe`, status: 400, body: 'Cannot read a device, pipe or socket.\n' },
    { path: `${run}/stdout/more`, status: 404, body: '' },
    { path: `${run}/outer`, status: 400, body: `'${run}/outer' is inaccessible.\n` },
    { path: `${run}/../../../x`, status: 404, body: '' },
    { path: `${run}/..`, status: 400, body: `'${run}/..' is inaccessible.\n` },
    { path: '/etc/passwd', status: 404, body: '' },
    { path: `${workDir}/meta`, status: 404, body: '' },
    { path: '/frameworks/../executors/x/latest', status: 404, body: '' },
    { path: '/frameworks/f1/executors/job:1/runs/c1', status: 404, body: '' },
    { path: '/slave/log/x', status: 404, body: '' },
    { path: `${run}/std\0out`, status: 404, body: '' },
  ])('$path is refused', async ({ path, ...want }) => {
    expect(await read(path, '&offset=0')).toMatchObject(want)
  })

  test('links within the sandbox are followed, names with any letters are found', async () => {
    for (const name of ['inner', 'folder/a b+c.txt', 'folder/../inner'])
      expect(JSON.parse((await read(`${run}/${name}`, '&offset=0')).body)).toMatchObject({
        data: 'deep',
      })
  })

  test('any page of 2 GB, at most 64 KB of it', async () => {
    const path = join(run, 'huge')
    writeFileSync(path, '')
    truncateSync(path, 2 * 1024 ** 3)
    writeFileSync(path, 'x', { flag: 'a' })
    expect(JSON.parse((await read(path)).body)).toEqual({ data: '', offset: 2 * 1024 ** 3 + 1 })
    const last = JSON.parse((await read(path, `&offset=${2 * 1024 ** 3 - 1}`)).body) as object
    expect(last).toEqual({ data: '\0x', offset: 2 * 1024 ** 3 - 1 })
    const { data } = JSON.parse((await read(path, '&offset=5&length=1000000')).body) as {
      data: string
    }
    expect(data).toHaveLength(maxReadBytes)
    const range = `bytes=${2 * 1024 ** 3 - 8_000_000}-`
    const { sizes } = await get(`/files/download?${query(path)}`, { range }, 'GET', false)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(8_000_001)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * 1024)
    unlinkSync(path)
  })
})

describe('/files/download', () => {
  const path = `/files/download?${query(`${run}/stdout`)}`

  test('the whole file, typed by its name', async () => {
    expect(await get(path)).toMatchObject({
      status: 200,
      body: 'one\ntwo\n',
      headers: { 'content-type': 'application/octet-stream', 'content-length': '8' },
    })
    const named = `/files/download?${query(`${run}/folder/a b+c.txt`)}`
    expect((await get(named)).headers).toMatchObject({
      'content-type': 'text/plain',
      'content-disposition': "attachment; filename*=UTF-8''a%20b%2Bc.txt",
    })
  })

  test('a part of it', async () => {
    expect(await get(path, { range: 'bytes=4-6' })).toMatchObject({
      status: 206,
      body: 'two',
      headers: { 'content-range': 'bytes 4-6/8', 'content-length': '3' },
    })
    expect(await get(path, { range: 'bytes=8-' })).toMatchObject({
      status: 416,
      headers: { 'content-range': 'bytes */8' },
    })
    expect(await get(path, {}, 'HEAD')).toMatchObject({ status: 200, body: '' })
    expect(await get(path, {}, 'POST')).toMatchObject({ status: 405 })
  })

  test('no folder', async () => {
    expect(await get(`/files/download?${query(`${run}/folder`)}`)).toMatchObject({
      status: 400,
      body: 'Cannot download a directory.\n',
    })
  })

  test.each([
    { header: undefined, want: undefined },
    { header: 'bytes=0-0', want: { begin: 0, end: 1 } },
    { header: 'bytes=5-', want: { begin: 5, end: 10 } },
    { header: 'bytes=5-100', want: { begin: 5, end: 10 } },
    { header: 'bytes=-3', want: { begin: 7, end: 10 } },
    { header: 'bytes=-100', want: { begin: 0, end: 10 } },
    { header: 'bytes=-0', want: 'unsatisfiable' },
    { header: 'bytes=10-', want: 'unsatisfiable' },
    { header: 'bytes=5-4', want: undefined },
    { header: 'bytes=0-1,3-4', want: undefined },
    { header: 'lines=0-1', want: undefined },
    { header: 'bytes=-', want: undefined },
  ])('of ten bytes, Range: $header', ({ header, want }) => {
    expect(rangeOf(header, 10)).toEqual(want)
  })
})

test('no path that anybody can write leads out of the sandboxes', async () => {
  const part = fc.constantFrom(
    '..',
    '.',
    '',
    'up',
    'outer',
    'inner',
    'folder',
    'stdout',
    'work',
    'slaves',
    'a1',
    'frameworks',
    'f1',
    'executors',
    'job:1',
    'runs',
    'c1',
    'latest',
    'secret',
    'meta',
    '%2e%2e',
    'etc',
    'passwd',
  )
  const start = fc.constantFrom('', run, dirname(run), workDir, '/frameworks', '/frameworks/f1')
  await fc.assert(
    fc.asyncProperty(start, fc.array(part, { maxLength: 12 }), async (base, parts) => {
      const { status, body } = await read([base, ...parts].join('/'), '&offset=0')
      expect(body).not.toContain('secret"')
      expect(body).not.toContain('root:')
      expect([200, 400, 404]).toContain(status)
    }),
    { numRuns: 500 },
  )
})

test('a link that is put in the way while a file is read opens nothing of the machine’s (CVE-2018-15664)', async () => {
  const [real, link, swapped] = ['real', 'link', 'swapped'].map((name) => join(run, name))
  mkdirSync(real as string)
  writeFileSync(join(real as string, 'secret'), 'mine')
  symlinkSync(root, link as string)
  renameSync(real as string, swapped as string)
  const bodies = new Set<string>()
  let swaps = 0
  const swap = () => {
    renameSync(swapped as string, real as string)
    renameSync(link as string, swapped as string)
    renameSync(swapped as string, link as string)
    renameSync(real as string, swapped as string)
    swaps += 1
  }
  for (let i = 0; i < 500; i += 1) {
    const answers = Array.from({ length: 4 }, () => read(`${swapped}/secret`, '&offset=0'))
    for (let j = 0; j < 5; j += 1) {
      swap()
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const { body } of await Promise.all(answers)) bodies.add(body)
  }
  expect(swaps).toBe(2500)
  expect([...bodies].filter((body) => body.includes('"secret"'))).toEqual([])
})

test('the log of the agent is at /slave/log', async () => {
  const { body } = await get('/files/read?path=/slave/log&offset=0')
  expect(JSON.parse(body)).toEqual({ data: '{"level":30}\n', offset: 0 })
  expect((await get('/files/browse?path=/slave/log')).body).toBe('[]')
  expect(JSON.parse((await get('/files/debug')).body)).toEqual({ '/slave/log': logFile })
})

test('a virtual path has one meaning', () => {
  const place = { workDir: '/w', agentId: 'a1', logFile: '/var/log/agent' }
  expect(locate('/frameworks/f/executors/e/latest/a/b', place)).toEqual({
    run: '/w/slaves/a1/frameworks/f/executors/e/runs/latest',
    rest: 'a/b',
  })
  expect(locate('file:///w/slaves/old/frameworks/f/executors/e/runs/c', place)).toEqual({
    run: '/w/slaves/old/frameworks/f/executors/e/runs/c',
    rest: '',
  })
  expect(locate('/slave/log', place)).toEqual({ run: '/var/log', rest: 'agent' })
  expect(locate('/slave/log/..', place)).toBeUndefined()
  expect(locate('/slave/log', { ...place, logFile: undefined })).toBeUndefined()
})
