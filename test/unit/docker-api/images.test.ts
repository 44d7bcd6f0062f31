import { describe, expect, test } from 'vitest'
import { maxConcurrentAgents } from '../../../src/docker-api/engine.ts'
import { familiarName, isReference } from '../../../src/docker-api/images/reference.ts'
import { endpoint, node } from './fake-cluster.ts'

const image = (id: string, created: number, tags: readonly string[], more: object = {}) => ({
  Id: id,
  Created: created,
  RepoTags: tags,
  RepoDigests: null,
  Labels: null,
  Size: 1,
  VirtualSize: 1,
  ...more,
})

describe('GET /images/json (docker-frontend §2.3)', () => {
  const listed = async (url: string, byNode: Record<string, object[]>) => {
    const it = endpoint()
    it.engines.answer = (asked) => {
      const [name = '', , path = ''] = asked.split(' ')
      const one = /\/images\/(.+)\/json$/.exec(path)?.[1]
      if (one === 'mid') return { status: 200, body: { Created: new Date(2000).toISOString() } }
      if (one !== undefined) return { status: 404, body: { message: 'No such image' } }
      return { status: 200, body: byNode[name] ?? [] }
    }
    const response = await it.app.inject(url)
    return { response, asked: it.engines.asked }
  }
  const both = {
    node1: [image('i1', 1, ['a:1']), image('i3', 3, ['<none>:<none>'])],
    node2: [
      image('i1', 1, ['b:1'], { RepoDigests: ['b@sha256:1'], Labels: { x: 'y' } }),
      image('i2', 2, ['c:1']),
    ],
  }

  test('one entry an id, tags and digests of all nodes, newest first', async () => {
    const { response } = await listed('/v1.44/images/json', both)
    expect(response.json()).toEqual([
      { Id: 'i3', Created: 3, RepoTags: [], RepoDigests: [], Labels: null, Size: 1 },
      { Id: 'i2', Created: 2, RepoTags: ['c:1'], RepoDigests: [], Labels: null, Size: 1 },
      {
        Id: 'i1',
        Created: 1,
        RepoTags: ['a:1', 'b:1'],
        RepoDigests: ['b@sha256:1'],
        Labels: { x: 'y' },
        Size: 1,
      },
    ])
  })

  test('older clients get untagged images and sizes as they know them (§1.2)', async () => {
    const { response } = await listed('/v1.41/images/json', both)
    expect(response.json()).toMatchObject([{ RepoTags: ['<none>:<none>'], VirtualSize: 1 }, {}, {}])
  })

  test('an image that is tagged on one node is tagged', async () => {
    const { response } = await listed('/v1.41/images/json', {
      node1: [image('i1', 1, ['<none>:<none>'])],
      node2: [image('i1', 1, ['a:1'])],
    })
    expect(response.json()).toMatchObject([{ RepoTags: ['a:1'] }])
  })

  test('before and since compare over the cluster; the other filters are the engines', async () => {
    const filters = encodeURIComponent('{"since":["mid"],"label":["x"]}')
    const { response, asked } = await listed(`/images/json?all=1&filters=${filters}`, both)
    expect(response.json()).toMatchObject([{ Id: 'i3' }])
    expect(asked).toContain(
      `node2 GET /images/json?filters=${encodeURIComponent('{"label":["x"]}')}&all=1`,
    )
  })

  test('a name as `filter`, from clients up to API 1.40', async () => {
    const { asked } = await listed('/v1.40/images/json?filter=a', both)
    const filters = encodeURIComponent('{"reference":["a"]}')
    expect(asked[0]).toBe(`node1 GET /images/json?filters=${filters}`)
  })

  test('by node', async () => {
    const filters = encodeURIComponent('{"node":["node2"]}')
    const { response } = await listed(`/images/json?filters=${filters}`, both)
    expect(response.json()).toMatchObject([{ Id: 'i2' }, { Id: 'i1' }])
  })

  test.each([
    { filters: '{"type":["x"]}', text: "Invalid filter 'type'" },
    {
      filters: '{"before":["X"]}',
      text: "Invalid filter: 'type'='before': no such image found: 'X'",
    },
  ])('$filters is refused', async ({ filters, text }) => {
    const { response } = await listed(`/images/json?filters=${encodeURIComponent(filters)}`, both)
    expect([response.statusCode, response.json()]).toEqual([400, { message: text }])
  })
})

describe('one image', () => {
  const known = { id: 'sha256:abcdef', tags: ['reg/a/b:1'], digests: [] }
  const withImage = () => {
    const it = endpoint()
    it.cluster.nodeViews = [node('node1'), node('node2', { images: [known] })]
    return it
  }

  test.each(['reg/a/b:1', 'sha256:abcdef', 'abcd'])('%s is inspected where it is', async (name) => {
    const it = withImage()
    it.engines.answer = () => ({ status: 200, body: { Id: 'x' } })
    expect((await it.app.inject(`/images/${name}/json`)).json()).toEqual({ Id: 'x' })
    expect(it.engines.asked).toEqual([`node2 GET /images/${name.replace(':', '%3A')}/json`])
  })

  test('one that came a moment ago is looked for everywhere', async () => {
    const it = withImage()
    it.engines.answer = (asked) =>
      asked.startsWith('node2') ? { status: 200, body: { Id: 'n' } } : { status: 404 }
    expect((await it.app.inject('/images/new/json')).json()).toEqual({ Id: 'n' })
  })

  test('none has it', async () => {
    const it = withImage()
    it.engines.answer = () => ({ status: 404 })
    const response = await it.app.inject('/images/no/thing:2/history')
    expect([response.statusCode, response.json()]).toEqual([
      404,
      { message: 'No such image: no/thing:2' },
    ])
  })

  test('no node at all', async () => {
    const it = withImage()
    it.cluster.nodeViews = [node('node1', { status: 'Unreachable' })]
    const response = await it.app.inject('/images/json')
    expect([response.statusCode, response.json()]).toEqual([
      503,
      { message: 'no healthy node in the cluster can be asked for images' },
    ])
  })

  test('DELETE: what went is listed once (D53)', async () => {
    const it = endpoint()
    it.engines.answer = () => ({ status: 200, body: [{ Untagged: 'a:1' }, { Deleted: 'x' }] })
    const response = await it.app.inject({ method: 'DELETE', url: '/images/a:1?force=1' })
    expect(response.json()).toEqual([{ Untagged: 'a:1' }, { Deleted: 'x' }])
    expect(it.engines.asked).toEqual(
      ['node1', 'node2'].map((name) => `${name} DELETE /images/a%3A1?force=1`),
    )
  })

  test('DELETE: one engine uses it', async () => {
    const it = endpoint()
    it.engines.answer = (asked) =>
      asked.startsWith('node1')
        ? { status: 200, body: [] }
        : { status: 409, body: { message: 'image is being used' } }
    const response = await it.app.inject({ method: 'DELETE', url: '/images/a:1' })
    expect([response.statusCode, response.json()]).toEqual([
      409,
      { message: 'image is being used (node node2)' },
    ])
  })

  test('DELETE: one of two agents on one engine was second', async () => {
    const it = endpoint()
    it.engines.answer = (asked) =>
      asked.startsWith('node1') ? { status: 200, body: [{ Untagged: 'a:1' }] } : { status: 404 }
    expect((await it.app.inject({ method: 'DELETE', url: '/images/a:1' })).statusCode).toBe(200)
  })

  test('tag', async () => {
    const it = withImage()
    it.engines.answer = () => ({ status: 201 })
    const url = '/images/reg/a/b:1/tag?repo=c&tag=2'
    expect((await it.app.inject({ method: 'POST', url })).statusCode).toBe(201)
    expect(it.engines.asked).toEqual(['node2 POST /images/reg/a/b%3A1/tag?repo=c&tag=2'])
  })
})

describe('POST /images/create (docker-frontend §2.3, D40)', () => {
  const pull = async (
    answer: ReturnType<typeof endpoint>['engines']['answer'],
    nodes = ['node1', 'node2'],
  ) => {
    const it = endpoint()
    it.cluster.nodeViews = nodes.map((name) => node(name))
    it.engines.answer = answer
    const response = await it.app.inject({
      method: 'POST',
      url: '/images/create?fromImage=docker.io%2Flibrary%2Fbusybox&tag=latest',
      headers: { 'x-registry-auth': 'secret' },
    })
    const lines = response.body
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as object)
    return { response, lines, engines: it.engines }
  }
  const progress = [
    { status: 'Pulling from library/busybox', id: 'latest' },
    { status: 'Downloading', id: 'l1', progressDetail: { current: 1, total: 10 } },
    { status: 'Downloading', id: 'l2', progressDetail: { current: 2, total: 20 } },
    { status: 'Downloading', id: 'l2', progressDetail: { current: 2, total: 20 } },
    { status: 'Status: Downloaded newer image for busybox:latest' },
  ]
    .map((line) => `${JSON.stringify(line)}\r\n`)
    .join('')

  test('every node pulls, each is a line of the progress; credentials go on', async () => {
    const { response, lines, engines } = await pull(() => ({ status: 200, body: progress }))
    expect(response.statusCode).toBe(200)
    for (const id of ['node1', 'node2'])
      expect(lines.filter((line) => 'id' in line && line.id === id)).toEqual([
        { status: 'Pulling busybox:latest', id },
        { status: 'Downloading', progressDetail: { current: 1, total: 10 }, id },
        { status: 'Downloading', progressDetail: { current: 3, total: 30 }, id },
        { status: 'Downloaded newer image for busybox:latest', id },
      ])
    expect(engines.sent.map(({ headers }) => headers['x-registry-auth'])).toEqual([
      'secret',
      'secret',
    ])
  })

  test('one success is success, the others are named', async () => {
    const { response, lines } = await pull((asked) =>
      asked.startsWith('node1')
        ? { status: 200, body: progress }
        : { status: 500, body: { message: 'disk full' } },
    )
    expect(response.statusCode).toBe(200)
    expect(lines.at(-1)).toEqual({
      status: 'Not pulled, a start there pulls again: disk full',
      id: 'node2',
    })
  })

  test('all refuse: the first refusal is the answer', async () => {
    const { response } = await pull(() => ({ status: 404, body: { message: 'no such image' } }))
    expect([response.statusCode, response.json()]).toEqual([404, { message: 'no such image' }])
  })

  test('all fail after they have begun: an error line, as dockerd sends it', async () => {
    const { response, lines } = await pull(() => ({ status: 200, body: '{"error":"boom"}\r\n' }))
    expect(response.statusCode).toBe(200)
    expect(lines.at(-1)).toEqual({ error: 'boom', errorDetail: { message: 'boom' } })
  })

  test('no agent answers', async () => {
    const { response } = await pull(() => undefined)
    expect(response.statusCode).toBe(503)
  })

  test(`at most ${maxConcurrentAgents} nodes at a time`, async () => {
    const nodes = Array.from({ length: 45 }, (_, i) => `node${i}`)
    const it = endpoint()
    it.cluster.nodeViews = nodes.map((name) => node(name))
    let most = 0
    let under = 0
    it.engines.stream = (_origin, _request, listener) => {
      under += 1
      most = Math.max(most, under)
      setImmediate(() => {
        under -= 1
        listener.onResponse({ status: 200, headers: {} })
        listener.onEnd()
      })
      return { close: () => {} }
    }
    const response = await it.app.inject({ method: 'POST', url: '/images/create?fromImage=a' })
    expect(response.body.match(/Pulling a:latest/g)).toHaveLength(45)
    expect(most).toBe(maxConcurrentAgents)
  })
})

describe('image references', () => {
  test.each([
    ['busybox', 'busybox:latest'],
    ['docker.io/library/busybox', 'busybox:latest'],
    ['index.docker.io/library/busybox:1', 'busybox:1'],
    ['reg:5000/a/b', 'reg:5000/a/b:latest'],
    ['a__b/c.d-e:T_1', 'a__b/c.d-e:T_1'],
    [`a:1@sha256:${'0'.repeat(64)}`, `a@sha256:${'0'.repeat(64)}`],
  ])('%s is listed as %s', (text, want) => {
    expect(isReference(text)).toBe(true)
    expect(familiarName(text)).toBe(want)
  })

  test.each([
    '',
    'A',
    'a b',
    'a:',
    '/a',
    'a//b',
    'a:b:c',
    'http://a',
    '-a',
    `a${'/b'.repeat(200)}`,
  ])('"%s" is none', (text) => {
    expect(isReference(text)).toBe(false)
  })
})
