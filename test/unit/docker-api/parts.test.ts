import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitVersion } from '../../../src/docker-api/api-version.ts'
import { Channel } from '../../../src/docker-api/channel.ts'
import { ExecIds } from '../../../src/docker-api/exec/exec-ids.ts'
import { jsonLines, maxLineBytes } from '../../../src/docker-api/json-lines.ts'
import { fill } from '../../../src/docker-api/paths.ts'
import { flag } from '../../../src/docker-api/query.ts'
import { compile, match } from '../../../src/docker-api/router.ts'
import { routes } from '../../../src/docker-api/routes.ts'
import { type AgentId, id } from '../../../src/mesos/ids.ts'

const rows = compile(routes)

describe('matching a path to its row', () => {
  test.each([
    ['GET', '/containers/json', '/containers/json', {}],
    ['GET', '/containers/web/json', '/containers/{name}/json', { name: 'web' }],
    ['GET', '/containers/node1/web/json', '/containers/{name}/json', { name: 'node1/web' }],
    ['POST', '/containers/json/start', '/containers/{name}/start', { name: 'json' }],
    ['DELETE', '/containers/node1/web', '/containers/{name}', { name: 'node1/web' }],
    ['GET', '/images/reg:5000/a/b:1/json', '/images/{name}/json', { name: 'reg:5000/a/b:1' }],
    ['GET', '/images/json', '/images/json', {}],
    ['GET', '/swarm', '/swarm{rest*}', { rest: '' }],
    ['POST', '/swarm/leave', '/swarm/leave', {}],
    ['GET', '/plugins', '/plugins', {}],
    ['GET', '/plugins/a/b/json', '/plugins/{name}/json', { name: 'a/b' }],
    ['POST', '/plugins/x/enable', '/plugins{rest*}', { rest: '/x/enable' }],
  ])('%s %s', (method, path, row, params) => {
    const found = match(rows, method, path)
    expect(found.route.path).toBe(row)
    expect({ ...found.params }).toEqual(params)
  })

  test.each([
    ['GET', '/containersjson'],
    ['GET', '/containers//json'],
    ['GET', '/swarmed'],
    ['PATCH', '/info'],
    ['GET', '/info/'],
  ])('%s %s is no row', (method, path) => {
    expect(() => match(rows, method, path)).toThrow('page not found')
  })

  test('a filled path matches its row again, with the same name', () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.:@/ %ü-]{0,30}$/)
    fc.assert(
      fc.property(name, (name) => {
        const path = decodeURIComponent(fill('/images/{name}/tag', { name }))
        expect(match(rows, 'POST', path).params['name']).toBe(name)
      }),
    )
  })

  test.each([
    ['/v1.41/info', { version: 41, path: '/info' }],
    ['/info', { version: 44, path: '/info' }],
    ['/v1.44/', { version: 44, path: '/' }],
    ['/v1.41', { version: 44, path: '/v1.41' }],
    ['/volumes/v1.41/x', { version: 44, path: '/volumes/v1.41/x' }],
  ])('the version of %s', (path, want) => {
    expect(splitVersion(path)).toEqual(want)
  })
})

test.each([
  ['', false],
  ['all=', false],
  ['all=0', false],
  ['all=No', false],
  ['all=FALSE', false],
  ['all=none', false],
  ['all=1', true],
  ['all=true', true],
  ['all=yes', true],
])('?%s is %s', (query, want) => {
  expect(flag(new URLSearchParams(query), 'all')).toBe(want)
})

test('exec ids: beyond the bound the oldest is forgotten', () => {
  const ids = new ExecIds(2)
  const place = { agent: id<AgentId>('a'), tty: false }
  for (const one of ['e1', 'e2', 'e3']) ids.set(one, place)
  expect([ids.get('e1'), ids.get('e2'), ids.get('e3')]).toEqual([undefined, place, place])
})

describe('a channel', () => {
  const all = async (channel: Channel<string>) => {
    const values: string[] = []
    for await (const value of channel.read()) values.push(value)
    return values
  }

  test('hands over in order, what was pushed before and after the reader came', async () => {
    const channel = new Channel<string>(10)
    channel.push('a')
    const read = all(channel)
    channel.push('b')
    channel.end()
    expect(await read).toEqual(['a', 'b'])
    expect(channel.push('c')).toBe(false)
  })

  test('ends a reader that is too far behind', async () => {
    const channel = new Channel<string>(3, (text) => text.length)
    expect([channel.push('aa'), channel.push('bb')]).toEqual([true, false])
    await expect(all(channel)).rejects.toThrow('the reader fell more than 3 behind')
  })

  test('tells when its reader leaves', async () => {
    const channel = new Channel<string>(1)
    channel.push('a')
    let left = 0
    for await (const _ of channel.read(() => (left += 1))) break
    expect(left).toBe(1)
  })
})

describe('lines of JSON', () => {
  test('come whole, however the bytes are cut', async () => {
    const values = fc.array(fc.json().map((text) => JSON.parse(text) as unknown))
    await fc.assert(
      fc.asyncProperty(values, fc.integer({ min: 1, max: 7 }), async (values, size) => {
        const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\r\n`).join(''))
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        )
        const read: unknown[] = []
        for await (const value of jsonLines(chunks)) read.push(value)
        expect(read).toEqual(values)
      }),
    )
  })

  test('a line beyond the bound ends the stream', async () => {
    const read = async () => {
      for await (const _ of jsonLines([Buffer.alloc(maxLineBytes + 1, 32)])) expect(_).toBe('never')
    }
    await expect(read()).rejects.toThrow('a line is longer than 1048576 bytes')
  })
})
