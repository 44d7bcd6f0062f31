import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { FetchCache } from '../../../src/core-agent/fetch/cache.ts'
import { diskFetcher } from '../../../src/core-agent/fetch/disk-fetcher.ts'
import { stallMs } from '../../../src/core-agent/fetch/download.ts'
import { planFetch } from '../../../src/core-agent/fetch/plan.ts'
import type { CommandInfoURI } from '../../../src/mesos/wire.ts'
import { SimClock } from '../../support/sim-clock.ts'

const root = mkdtempSync(join(tmpdir(), 'shoal-fetch-'))
const folder = join(root, 'fetcher')
const clock = new SimClock()
const unpackedBytes = 20_000
const fetcher = diskFetcher({ folder, cacheBytes: 100, unpackedBytes, clock })
const source = join(root, 'source')
mkdirSync(join(source, 'dir'), { recursive: true })
writeFileSync(join(source, 'tool.sh'), '#!/bin/sh\n')
writeFileSync(join(source, 'dir', 'b'), 'bee')
afterAll(() => rmSync(root, { recursive: true }))

let sandboxes = 0
const newSandbox = () => {
  sandboxes += 1
  const sandbox = join(root, `sandbox-${sandboxes}`)
  mkdirSync(sandbox)
  for (const name of ['stdout', 'stderr']) writeFileSync(join(sandbox, name), '')
  return sandbox
}

const fetch = async (...uris: readonly CommandInfoURI[]) => {
  const sandbox = newSandbox()
  const order = { sandbox, uris, user: 'root', owner: undefined }
  await fetcher.fetch(order, new AbortController().signal)
  return sandbox
}

/** Why it fails; nothing but the agent's own files is left then, neither in the sandbox nor in the fetcher's folder. */
const refusal = async (uri: CommandInfoURI): Promise<string> => {
  const sandbox = newSandbox()
  const before = [...readdirSync(root)].sort()
  const order = { sandbox, uris: [uri], user: 'root', owner: undefined }
  const error = await fetcher.fetch(order, new AbortController().signal).catch((e: unknown) => e)
  expect(readdirSync(sandbox).sort()).toEqual(['stderr', 'stdout'])
  expect(readdirSync(folder).filter((name) => name.startsWith('stage'))).toEqual([])
  expect(readdirSync(root).filter((name) => !before.includes(name))).toEqual([])
  return error instanceof Error ? error.message : 'none'
}

const tar = (name: string, ...args: readonly string[]) => {
  const path = join(root, name)
  execFileSync('tar', ['-caf', path, ...args], { stdio: 'pipe' })
  return path
}

const withServer = async (serve: RequestListener, act: (url: string) => Promise<void>) => {
  const server = createServer(serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

describe('a URI (mesos.proto, CommandInfo.URI)', () => {
  test.each([
    { uri: { value: '/srv/a.txt' }, output: 'a.txt', packing: undefined },
    { uri: { value: 'file:///srv/a.tgz' }, output: 'a.tgz', packing: 'tar' },
    { uri: { value: 'file://localhost/srv/a.tar.xz' }, output: 'a.tar.xz', packing: 'tar' },
    { uri: { value: 'http://h/x/a%20b.zip?q=/c.tar' }, output: 'a b.zip', packing: 'zip' },
    { uri: { value: 'HTTPS://h/a.gz' }, output: 'a.gz', packing: 'gzip' },
    { uri: { value: '/a.tgz', extract: false }, output: 'a.tgz', packing: undefined },
    { uri: { value: '/a.tgz', executable: true }, output: 'a.tgz', packing: undefined },
    { uri: { value: '/a', output_file: 'x/y.tbz2' }, output: 'x/y.tbz2', packing: 'tar' },
  ])('$uri.value becomes $output', ({ uri, ...want }) => {
    expect(planFetch(uri)).toMatchObject(want)
  })

  test.each([
    { uri: { value: 'a.txt' }, says: /^it is relative/ },
    { uri: { value: '' }, says: /^it is empty/ },
    { uri: { value: 'hdfs://h/a' }, says: /^hdfs:\/\/ is not known/ },
    { uri: { value: 'file://host/a' }, says: /takes an absolute path/ },
    { uri: { value: 'http://' }, says: /no valid URL/ },
    { uri: { value: 'http://h/' }, says: /its last part names no file/ },
    { uri: { value: 'http://h/%2e%2e%2fx/..' }, says: /its last part names no file/ },
    { uri: { value: '/a', output_file: '../b' }, says: /^output_file '\.\.\/b' names no file/ },
    { uri: { value: '/a', output_file: 'x/../../b' }, says: /names no file in the sandbox/ },
    { uri: { value: '/a', output_file: '/b' }, says: /is absolute/ },
    { uri: { value: '/a', output_file: 'stdout' }, says: /a file of the agent/ },
  ])('$uri.value $uri.output_file cannot be', ({ uri, says }) => {
    const plan = planFetch(uri)
    expect('problem' in plan ? plan.problem : 'none').toMatch(says)
  })

  test('whatever it is, its output stays below the sandbox', () => {
    const name = fc.stringMatching(/^[./%a2eE\\]{0,12}$/)
    fc.assert(
      fc.property(name, fc.option(name, { nil: undefined }), (value, output_file) => {
        for (const base of ['/', 'file:///', 'http://h/']) {
          const plan = planFetch({ value: `${base}${value}`, output_file })
          if (!('problem' in plan)) expect(join('/s', plan.output)).toBe(`/s/${plan.output}`)
        }
      }),
    )
  })
})

describe('files and archives', () => {
  test('a file, an executable, a name and a folder of its own', async () => {
    const value = join(source, 'tool.sh')
    const sandbox = await fetch({ value }, { value, executable: true, output_file: 'bin/run' })
    expect(readFileSync(join(sandbox, 'tool.sh'), 'utf8')).toBe('#!/bin/sh\n')
    expect(statSync(join(sandbox, 'tool.sh')).mode & 0o111).toBe(0)
    expect(statSync(join(sandbox, 'bin', 'run')).mode & 0o111).toBe(0o111)
  })

  test.each(['a.tar', 'a.tgz', 'a.tar.gz', 'a.tbz2', 'a.tar.bz2', 'a.txz', 'a.tar.xz'])(
    '%s is unpacked',
    async (name) => {
      const sandbox = await fetch({ value: tar(name, '-C', source, 'dir', 'tool.sh') })
      expect(readFileSync(join(sandbox, 'dir', 'b'), 'utf8')).toBe('bee')
      expect(existsSync(join(sandbox, name))).toBe(true)
    },
  )

  test('a .gz and a .zip are unpacked', async () => {
    const [gz, zip] = [join(root, 'data.json.gz'), join(root, 'a.zip')]
    writeFileSync(gz, gzipSync('{}'))
    zipOf(zip, { 'dir/b': 'bee' })
    const sandbox = await fetch({ value: gz }, { value: zip })
    expect(readFileSync(join(sandbox, 'data.json'), 'utf8')).toBe('{}')
    expect(readFileSync(join(sandbox, 'dir', 'b'), 'utf8')).toBe('bee')
  })

  test('folders of two archives become one, and links within one archive stay', async () => {
    const inner = join(root, 'inner')
    mkdirSync(join(inner, 'dir'), { recursive: true })
    writeFileSync(join(inner, 'dir', 'c'), 'sea')
    symlinkSync('c', join(inner, 'dir', 'link'))
    const sandbox = await fetch(
      { value: tar('one.tar', '-C', source, 'dir') },
      { value: tar('two.tar', '-C', inner, 'dir') },
    )
    expect(readdirSync(join(sandbox, 'dir')).sort()).toEqual(['b', 'c', 'link'])
    expect(readFileSync(join(sandbox, 'dir', 'link'), 'utf8')).toBe('sea')
  })

  test.each([
    { name: 'is not there', value: '/nowhere/at/all', says: /ENOENT/ },
    { name: 'is a folder', value: source, says: /no regular file/ },
    { name: 'is a device', value: '/dev/zero', says: /no regular file/ },
  ])('what $name', async ({ value, says }) => {
    const message = await refusal({ value })
    expect(message).toMatch(says)
    expect(message.startsWith(`URI '${value}': `)).toBe(true)
  })
})

/** With one file, `large`, that compresses to next to nothing. */
const largeArchive = (name: string, bytes: number): string => {
  const [path, from] = [join(root, name), join(root, 'large')]
  mkdirSync(from, { recursive: true })
  rmSync(path, { force: true })
  writeFileSync(join(from, 'large'), Buffer.alloc(bytes))
  if (name.endsWith('.zip')) zipOf(path, { large: 'x'.repeat(bytes) })
  else if (name.endsWith('.tar.gz')) tar(name, '-C', from, 'large')
  else writeFileSync(path, gzipSync(Buffer.alloc(bytes)))
  return path
}

describe('a hostile archive is refused whole, and nothing of it is left', () => {
  const evil = join(root, 'evil')
  mkdirSync(join(evil, 'sub'), { recursive: true })
  writeFileSync(join(evil, 'good'), 'good')

  test.each([
    { name: 'dots.tar', args: ['-P', '-C', join(evil, 'sub'), '../good'], says: /'\.\.\/good'/ },
    { name: 'absolute.tar', args: ['-P', join(evil, 'good')], says: /leaves the sandbox/ },
  ])('$name: paths that leave', async ({ name, args, says }) => {
    expect(await refusal({ value: tar(name, ...args) })).toMatch(says)
  })

  test.each([
    { name: 'absolute link', target: '/etc/passwd' },
    { name: 'dotted link', target: '../../outside' },
    { name: 'link to the folder above', target: '..' },
    { name: 'link that dangles outside', target: '../../../nothing/here' },
  ])('$name', async ({ target }) => {
    const link = join(evil, 'link')
    symlinkSync(target, link)
    const path = tar('link.tar', '-C', evil, 'good', 'link')
    rmSync(link)
    expect(await refusal({ value: path })).toMatch(/links 'link' to .* leaves the sandbox/)
  })

  test('a file behind a link of the same archive', async () => {
    const outside = join(root, 'outside')
    mkdirSync(outside)
    const [first, second] = [join(root, 'behind-1.tar'), join(root, 'behind')]
    symlinkSync(outside, join(evil, 'sub', 'x'))
    execFileSync('tar', ['-cf', first, '-C', join(evil, 'sub'), 'x'])
    rmSync(join(evil, 'sub', 'x'))
    mkdirSync(join(second, 'x'), { recursive: true })
    writeFileSync(join(second, 'x', 'pwned'), '')
    execFileSync('tar', ['-rf', first, '-C', second, 'x/pwned'])
    expect(await refusal({ value: first })).not.toBe('none')
    expect(readdirSync(outside)).toEqual([])
  })

  test('a pipe', async () => {
    execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', join(evil, 'pipe')])
    const path = tar('pipe.tar', '-C', evil, 'pipe')
    expect(await refusal({ value: path })).toMatch(/'pipe', a device, pipe or socket/)
  })

  test('zip: paths that leave', async () => {
    const path = join(root, 'evil.zip')
    zipOf(path, { good: 'good', '../../pwned': '' })
    expect(await refusal({ value: path })).toMatch(/'\.\.\/\.\.\/pwned', which leaves the sandbox/)
  })

  test('what is no archive at all, the agent’s own files, a name behind a link', async () => {
    const broken = join(root, 'broken.tar.gz')
    writeFileSync(broken, 'not gzip')
    expect(await refusal({ value: broken })).toMatch(/unpacking it failed: /)
    writeFileSync(join(evil, 'stdout'), 'x')
    expect(await refusal({ value: tar('own.tar', '-C', evil, 'stdout') })).toMatch(/'stdout'/)
    const sandbox = newSandbox()
    symlinkSync(evil, join(sandbox, 'out'))
    const uris = [{ value: join(source, 'tool.sh'), output_file: 'out/tool.sh' }]
    const order = { sandbox, uris, user: 'root', owner: undefined }
    await expect(fetcher.fetch(order, new AbortController().signal)).rejects.toThrow(/no folder/)
    expect(existsSync(join(evil, 'tool.sh'))).toBe(false)
  })

  test.each(['large.tar.gz', 'large.gz', 'large.zip'])(
    '%s: more than may be unpacked, by a byte',
    async (name) => {
      const of = (bytes: number) => largeArchive(name, bytes)
      expect(await refusal({ value: of(unpackedBytes + 1) })).toMatch(
        /unpacks to more than 0 MB: raise the agent's --fetcher_unpacked_size, or set CommandInfo.URI.extract/,
      )
      expect(readdirSync(await fetch({ value: of(unpackedBytes) }))).toContain('large')
    },
  )

  test('hard links within an archive are fine', async () => {
    const twice = join(root, 'twice')
    mkdirSync(twice)
    writeFileSync(join(twice, 'a'), 'x')
    linkSync(join(twice, 'a'), join(twice, 'b'))
    const sandbox = await fetch({ value: tar('twice.tar', '-C', twice, 'a', 'b') })
    expect(readdirSync(sandbox)).toContain('b')
  })
})

describe('over http', () => {
  test('redirects are followed, ten of them', async () => {
    const hops = (left: number) => (left === 0 ? '/a.txt' : `/hop/${left}`)
    await withServer(
      ({ url = '' }, response) => {
        const [, hop] = /^\/hop\/(\d+)$/.exec(url) ?? []
        if (hop === undefined) response.end('here')
        else response.writeHead(302, { location: hops(Number(hop) - 1) }).end()
      },
      async (url) => {
        const ten = { value: `${url}/hop/10`, output_file: 'a.txt' }
        expect(readFileSync(join(await fetch(ten), 'a.txt'), 'utf8')).toBe('here')
        expect(await refusal({ value: `${url}/hop/11` })).toMatch(/more than 10 redirects/)
      },
    )
  })

  test.each([
    { name: 'a status', serve: [404, {}] as const, says: /answered with status 404/ },
    { name: 'no web', serve: [301, { location: 'file:///etc/passwd' }] as const, says: /no web/ },
  ])('$name', async ({ serve: [status, headers], says }) => {
    await withServer(
      (_request, response) => void response.writeHead(status, headers).end(),
      async (url) => expect(await refusal({ value: `${url}/a` })).toMatch(says),
    )
  })

  test('a connection that breaks', async () => {
    await withServer(
      (_request, response) => {
        response.writeHead(200, { 'content-length': '10' })
        response.write('half', () => response.destroy())
      },
      async (url) => expect(await refusal({ value: `${url}/a` })).toMatch(/abort|broke|reset/i),
    )
  })

  test('what stalls is given up after a minute', async () => {
    const { asked, serve } = silentServer()
    await withServer(serve, async (url) => {
      const failed = refusal({ value: `${url}/a` })
      await asked
      await clock.advance(stallMs)
      expect(await failed).toMatch(/nothing came for 60 s/)
    })
  })

  test('a task that ends meanwhile gives it up', async () => {
    const { asked, serve } = silentServer()
    await withServer(serve, async (url) => {
      const controller = new AbortController()
      const sandbox = newSandbox()
      const order = { sandbox, uris: [{ value: `${url}/a` }], user: 'root', owner: undefined }
      const failed = expect(fetcher.fetch(order, controller.signal)).rejects.toThrow(/given up/)
      await asked
      controller.abort()
      await failed
      expect(readdirSync(sandbox).sort()).toEqual(['stderr', 'stdout'])
    })
  })
})

/** Takes a request and says nothing. */
const silentServer = () => {
  let hear = () => {}
  const asked = new Promise<void>((resolve) => (hear = resolve))
  return { asked, serve: () => hear() }
}

describe('the cache', () => {
  const make = (limitBytes: number) => {
    let sequence = 0
    const downloads: string[] = []
    const cache = new FetchCache({
      limitBytes,
      newPath: () => join(root, `c${limitBytes}-${++sequence}`),
    })
    const get = (key: string, bytes = 10) =>
      cache.with(
        key,
        (path) => {
          downloads.push(key)
          writeFileSync(path, 'x'.repeat(bytes))
          return Promise.resolve()
        },
        (path) => Promise.resolve(void readFileSync(path)),
      )
    return { cache, downloads, get }
  }

  test('downloads once for many at one time, and keeps it up to its bound, the last used', async () => {
    const { cache, downloads, get } = make(20)
    await Promise.all([get('a'), get('a'), get('a')])
    await get('b')
    await get('a')
    expect([downloads, cache.bytes]).toEqual([['a', 'b'], 20])
    await get('c')
    await get('a')
    expect([downloads, cache.bytes]).toEqual([['a', 'b', 'c'], 20])
    await get('b')
    expect(downloads).toEqual(['a', 'b', 'c', 'b'])
  })

  test('what is larger than the cache is served and not kept', async () => {
    const { cache, downloads, get } = make(9)
    await get('a')
    await get('a')
    expect([downloads, cache.bytes]).toEqual([['a', 'a'], 0])
  })

  test('a download that fails is tried again by the next', async () => {
    const { cache, get } = make(20)
    const fail = () => Promise.reject(new Error('no'))
    await expect(cache.with('a', fail, () => Promise.resolve())).rejects.toThrow('no')
    await get('a')
    expect(cache.bytes).toBe(10)
  })

  test('serves the next task of the user, until the agent starts anew', async () => {
    let served = 0
    await withServer(
      (_request, response) => {
        served += 1
        response.end('cached')
      },
      async (url) => {
        const uri = { value: `${url}/a`, cache: true }
        await fetch(uri)
        expect(readFileSync(join(await fetch(uri), 'a'), 'utf8')).toBe('cached')
        expect(served).toBe(1)
        const again = diskFetcher({ folder, cacheBytes: 100, unpackedBytes, clock })
        const order = { sandbox: newSandbox(), uris: [uri], user: 'root', owner: undefined }
        await again.fetch(order, new AbortController().signal)
        expect(served).toBe(2)
      },
    )
  })
})

/** A zip of stored files; zip(1) is not everywhere, and takes no hostile names. */
const zipOf = (path: string, files: Readonly<Record<string, string>>) => {
  const script = [
    'import sys, json, zipfile',
    'z = zipfile.ZipFile(sys.argv[1], "w")',
    '[z.writestr(n, t) for n, t in json.loads(sys.argv[2]).items()]',
    'z.close()',
  ].join('\n')
  execFileSync('/bin/sh', ['-c', 'python3 -c "$0" "$@"', script, path, JSON.stringify(files)])
}
