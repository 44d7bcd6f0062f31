import { describe, expect, test } from 'vitest'
import { maxBodyBytes } from '../../../src/docker-api/body.ts'
import { container, endpoint, hexId, nowMs } from './fake-cluster.ts'

const message = (body: string) => (JSON.parse(body) as { message: string }).message

describe('_ping and the headers of every answer (docker-frontend §1.3, D45)', () => {
  test.each(['/_ping', '/v1.24/_ping', '/v1.44/_ping'])('GET and HEAD %s', async (url) => {
    const { app } = endpoint()
    const get = await app.inject(url)
    expect(get.body).toBe('OK')
    expect(get.headers).toMatchObject({
      'api-version': '1.44',
      ostype: 'linux',
      'docker-experimental': 'false',
      server: 'shoal/0.1.0 (linux)',
      swarm: 'inactive',
      'builder-version': '1',
      'cache-control': 'no-cache, no-store, must-revalidate',
      pragma: 'no-cache',
      'content-type': 'text/plain; charset=utf-8',
    })
    const head = await app.inject({ method: 'HEAD', url })
    expect(head.statusCode).toBe(200)
    expect(head.headers['content-length']).toBe('0')
    expect(head.headers['api-version']).toBe('1.44')
  })

  test("an engine's own are replaced, so that each comes once (D44)", async () => {
    const { app, cluster, engines } = endpoint()
    cluster.containerViews = [container('web')]
    engines.answer = () => ({ status: 409, body: { message: 'is not running' } })
    const { headers, body, statusCode } = await app.inject({
      method: 'POST',
      url: '/containers/web/kill',
    })
    expect([statusCode, message(body)]).toEqual([409, 'is not running'])
    expect(headers).toMatchObject({ server: 'shoal/0.1.0 (linux)', 'api-version': '1.44' })
  })
})

describe('paths (docker-frontend §1.1, §1.5)', () => {
  test.each([
    {
      url: '/v1.45/info',
      status: 400,
      text: 'client version 1.45 is too new. Maximum supported API version is 1.44',
    },
    {
      url: '/v9.99/info',
      status: 400,
      text: 'client version 9.99 is too new. Maximum supported API version is 1.44',
    },
    {
      url: '/v1.23/info',
      status: 400,
      text: 'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    },
    {
      url: '/v0.44/info',
      status: 400,
      text: 'client version 0.44 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    },
    { url: '/', status: 404, text: 'page not found' },
    { url: '/containers', status: 404, text: 'page not found' },
    { url: '/v1.41/nothing/here', status: 404, text: 'page not found' },
    { url: '/containers/web/copy', method: 'POST', status: 404, text: 'page not found' },
    { url: '/info', method: 'OPTIONS', status: 404, text: 'page not found' },
    { url: '/info', method: 'DELETE', status: 404, text: 'page not found' },
    { url: '/grpc', method: 'POST', status: 404, text: 'page not found' },
    {
      url: '/swarm',
      status: 503,
      text: 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    },
    {
      url: '/services?status=true',
      status: 503,
      text: 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    },
    {
      url: '/nodes/x/update',
      method: 'POST',
      status: 503,
      text: 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    },
    { url: '/swarm/leave', method: 'POST', status: 503, text: 'This node is not part of a swarm' },
    {
      url: '/plugins/x/enable',
      method: 'POST',
      status: 501,
      text: 'shoal does not serve POST /plugins…: plugins are managed engine by engine',
    },
    { url: '/plugins/web/json', status: 404, text: 'plugin "web" not found' },
    {
      url: '/build',
      method: 'POST',
      status: 501,
      text: 'shoal does not serve POST /build: build on a node, push, and run the image',
    },
    { url: '/containers/nothing/json', status: 404, text: 'No such container: nothing' },
    {
      url: '/containers/node1/nothing/stop',
      method: 'POST',
      status: 404,
      text: 'No such container: node1/nothing',
    },
  ] as const)('$url answers $status', async ({ url, status, text, ...more }) => {
    const { app } = endpoint()
    const method = 'method' in more ? more.method : 'GET'
    const response = await app.inject({ method, url })
    expect(response.statusCode).toBe(status)
    // Never Swarm's text/plain with a line break at its end (D44).
    expect(response.headers['content-type']).toBe('application/json')
    expect(response.json()).toEqual({ message: text })
  })

  test('a path that cannot be decoded', async () => {
    const { app } = endpoint()
    const response = await app.inject('/containers/%zz/json')
    expect(response.statusCode).toBe(400)
    expect(response.json()).toEqual({
      message: 'malformed URL /containers/%zz/json: a % must be followed by two hexadecimal digits',
    })
  })

  test('two ids with one prefix, two names', async () => {
    const { app, cluster } = endpoint()
    cluster.find = (reference) => ({
      kind: 'ambiguous',
      by: reference === 'ab' ? 'prefix' : 'name',
    })
    const byPrefix = await app.inject('/containers/ab/json')
    expect([byPrefix.statusCode, message(byPrefix.body)]).toEqual([
      400,
      'multiple IDs found with provided prefix: ab',
    ])
    const byName = await app.inject('/containers/web/json')
    expect([byName.statusCode, message(byName.body)]).toEqual([404, 'No such container: web'])
  })

  test('GET /plugins is an empty list', async () => {
    const { app } = endpoint()
    expect((await app.inject('/v1.41/plugins')).json()).toEqual([])
  })

  test('an error that is a bug answers 500', async () => {
    const { app, cluster } = endpoint()
    cluster.summary = () => {
      throw new TypeError('boom')
    }
    const response = await app.inject('/info')
    expect([response.statusCode, message(response.body)]).toEqual([500, 'internal error: boom'])
  })
})

describe('POST /containers/create', () => {
  const create = (it: ReturnType<typeof endpoint>, payload: string | Buffer, headers = {}) =>
    it.app.inject({
      method: 'POST',
      url: '/v1.41/containers/create?name=web',
      payload,
      headers: { 'content-type': 'application/json', ...headers },
    })
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

  test('answers with id and warnings (D47)', async () => {
    const response = await create(endpoint(), '{"Image":"busybox"}')
    expect(response.statusCode).toBe(201)
    expect(response.json()).toEqual({ Id: hexId('c'), Warnings: [] })
  })

  test.each(['application/x-www-form-urlencoded', 'text/plain', 'nonsense', ';;;'])(
    'reads JSON sent as %s (D52)',
    async (type) => {
      const response = await create(endpoint(), '{"Image":"busybox"}', { 'content-type': type })
      expect(response.statusCode).toBe(201)
    },
  )

  test.each([
    { name: 'not JSON', body: 'Image=busybox', text: /^invalid JSON: / },
    { name: 'nothing', body: '', text: /^invalid JSON: got EOF/ },
    { name: 'a list', body: '[]', text: /^invalid request body: wanted a JSON object$/ },
    { name: 'null', body: 'null', text: /^invalid request body: wanted a JSON object$/ },
    { name: '65 levels', body: nested(65), text: /nested deeper than 64 levels$/ },
    {
      name: 'a million levels',
      body: '['.repeat(1e6) + ']'.repeat(1e6),
      text: /nested deeper than 64 levels$/,
    },
    {
      name: 'a NUL',
      body: '{"Image":"busybox","Env":["a\\u0000b"]}',
      text: /Env\.0 contains a NUL/,
    },
    {
      name: '__proto__',
      body: '{"Image":"busybox","Labels":{"__proto__":"x"}}',
      text: /"__proto__" is not accepted/,
    },
    {
      name: 'a 1 MB label',
      body: JSON.stringify({ Image: 'busybox', Labels: { big: 'x'.repeat(1e6) } }),
      text: /at most 65536 are accepted: put the data into a file/,
    },
  ])('refuses $name with 400', async ({ body, text }) => {
    const it = endpoint()
    const response = await create(it, body)
    expect(response.statusCode).toBe(400)
    expect(message(response.body)).toMatch(text)
    expect(it.cluster.requests).toEqual([])
  })

  test('names the type of a body that is neither', async () => {
    const response = await create(endpoint(), 'a=b', { 'content-type': 'text/csv' })
    expect([response.statusCode, message(response.body)]).toEqual([
      400,
      "unsupported Content-Type header (text/csv): must be 'application/json', and the body is not JSON",
    ])
  })

  test('refuses a body beyond the bound with 413', async () => {
    const response = await create(endpoint(), Buffer.alloc(maxBodyBytes + 1, 32))
    expect([response.statusCode, message(response.body)]).toEqual([
      413,
      'request body too large: at most 4194304 bytes are read on this route',
    ])
  })

  test.each([
    { name: 'the image’s own', own: {}, body: { Image: 'busybox' }, want: ['80/tcp', '443/tcp'] },
    {
      name: 'those of the body too',
      own: { ExposedPorts: { '9/udp': {} } },
      body: { Image: 'busybox' },
      want: ['80/tcp', '443/tcp', '9/udp'],
    },
    { name: 'none of an image that no node has', own: {}, body: { Image: 'else' }, want: [] },
  ])('-P publishes $name (docker-frontend §6.2)', async ({ own, body, want }) => {
    const it = endpoint()
    it.engines.answer = (asked) =>
      asked.includes('/images/busybox/json')
        ? { status: 200, body: { Config: { ExposedPorts: { '80/tcp': {}, '443/tcp': {} } } } }
        : { status: 404, body: { message: 'No such image' } }
    const payload = { ...body, ...own, HostConfig: { PublishAllPorts: true } }
    expect((await create(it, JSON.stringify(payload))).statusCode).toBe(201)
    const [request] = it.cluster.requests
    expect(request?.placement.exposedPorts).toEqual(want)
    expect(request?.placement.publishedPorts.map(({ hostPort }) => hostPort)).toEqual(
      want.map(() => 0),
    )
  })

  test('takes name and platform from a query that repeats the whole body', async () => {
    const it = endpoint()
    await it.app.inject({
      method: 'POST',
      url: `/containers/create?Image=evil&HostConfig=${encodeURIComponent('{"Memory":1}')}&name=web&platform=linux`,
      payload: '{"Image":"busybox"}',
    })
    expect(it.cluster.requests).toMatchObject([
      { name: 'web', platform: 'linux', placement: { image: 'busybox' } },
    ])
  })

  test.each([
    {
      outcome: { kind: 'name-in-use', name: 'web', holder: hexId('9') },
      status: 409,
      text: `Conflict. The container name "/web" is already in use by container "${hexId('9')}". You have to remove (or rename) that container to be able to reuse that name.`,
    },
    {
      outcome: { kind: 'name-in-use', name: 'web', holder: undefined },
      status: 409,
      text: 'Conflict. The container name "/web" is already in use by a container that is being created. You have to remove (or rename) that container to be able to reuse that name.',
    },
    {
      outcome: { kind: 'failed', message: 'container failed to start after 5s: no' },
      status: 500,
      text: 'container failed to start after 5s: no',
    },
    {
      outcome: { kind: 'engine', status: 404, message: 'No such image: x:1' },
      status: 404,
      text: 'No such image: x:1',
    },
    { outcome: { kind: 'busy', message: 'full' }, status: 503, text: 'full' },
  ] as const)('$outcome.kind answers $status', async ({ outcome, status, text }) => {
    const it = endpoint()
    it.cluster.createOutcome = outcome
    const response = await create(it, '{"Image":"x:1"}')
    expect(response.statusCode).toBe(status)
    expect(response.json()).toEqual({ message: text })
    if (outcome.kind === 'busy') expect(response.headers['retry-after']).toBe('5')
  })
})

describe('create with several networks (docker-frontend §1.2, API 1.44)', () => {
  const create = async (refuse?: string) => {
    const it = endpoint()
    it.cluster.containerViews = [container('web', { id: hexId('c') })]
    it.engines.answer = (asked) =>
      refuse !== undefined && asked.includes(refuse)
        ? { status: 403, body: { message: 'refused' } }
        : { status: 200 }
    const payload = {
      Image: 'busybox',
      HostConfig: { NetworkMode: 'front' },
      NetworkingConfig: { EndpointsConfig: { front: { a: 1 }, back: { b: 2 }, third: {} } },
    }
    const response = await it.app.inject({ method: 'POST', url: '/containers/create', payload })
    return { it, response }
  }

  test('one stays in the create, the others are joined before the answer', async () => {
    const { it, response } = await create()
    expect(response.statusCode).toBe(201)
    expect(it.cluster.requests[0]?.body).toMatchObject({
      NetworkingConfig: { EndpointsConfig: { front: { a: 1 } } },
    })
    expect(it.cluster.requests[0]?.body['NetworkingConfig']).not.toHaveProperty(
      'EndpointsConfig.back',
    )
    expect(it.engines.asked).toEqual([
      'node1 POST /networks/back/connect',
      'node1 POST /networks/third/connect',
    ])
    expect(JSON.parse(Buffer.from(it.engines.sent[0]?.body ?? []).toString())).toEqual({
      Container: hexId('c'),
      EndpointConfig: { b: 2 },
    })
    expect(it.cluster.calls).toEqual(['refresh web'])
  })

  test('a refusal takes the container back', async () => {
    const { it, response } = await create('third')
    expect([response.statusCode, message(response.body)]).toEqual([403, 'refused'])
    expect(it.engines.asked.at(-1)).toBe(`node1 DELETE /containers/${hexId('c')}?force=1&v=1`)
  })
})

describe('the life of a container (docker-frontend §2.2, §6.8)', () => {
  const withWeb = () => {
    const it = endpoint()
    it.cluster.containerViews = [container('web', { id: hexId('b') })]
    return it
  }

  test.each([
    { outcome: { kind: 'started' }, status: 204, body: '' },
    { outcome: { kind: 'already-started' }, status: 304, body: '' },
    { outcome: { kind: 'failed', message: 'no room' }, status: 500, body: '{"message":"no room"}' },
    {
      outcome: { kind: 'engine', status: 400, message: 'bad' },
      status: 400,
      body: '{"message":"bad"}',
    },
  ] as const)('start: $outcome.kind answers $status (D47)', async ({ outcome, status, body }) => {
    const it = withWeb()
    it.cluster.startOutcome = outcome
    const response = await it.app.inject({ method: 'POST', url: '/containers/node1/web/start' })
    expect([response.statusCode, response.body]).toEqual([status, body])
    expect(it.cluster.calls).toEqual(['start web'])
  })

  test.each([
    { method: 'POST', verb: '/stop?t=1', status: 204 },
    { method: 'POST', verb: '/stop', status: 304 },
    { method: 'POST', verb: '/kill?signal=USR1', status: 204 },
    { method: 'POST', verb: '/restart?t=0', status: 204 },
    { method: 'POST', verb: '/pause', status: 204 },
    { method: 'POST', verb: '/unpause', status: 204 },
    { method: 'DELETE', verb: '?force=1&v=1', status: 204 },
  ] as const)(
    '$method $verb goes to the agent by full id, then the picture is refreshed',
    async ({ method, verb, status }) => {
      const it = withWeb()
      it.engines.answer = () => ({ status })
      const response = await it.app.inject({ method, url: `/v1.30/containers/web${verb}` })
      expect([response.statusCode, response.body]).toEqual([status, ''])
      expect(it.engines.asked).toEqual([`node1 ${method} /containers/${hexId('b')}${verb}`])
      expect(it.engines.sent[0]).toMatchObject({
        path: `/engine/v1.30/containers/${hexId('b')}${verb}`,
        headers: { 'shoal-framework-id': 'framework-1' },
      })
      const stops = verb.startsWith('/stop') ? ['end requeue web'] : []
      expect(it.cluster.calls).toEqual([...stops, 'refresh web'])
    },
  )

  test('update hands its body on', async () => {
    const it = withWeb()
    it.engines.answer = () => ({ status: 200, body: { Warnings: [] } })
    const response = await it.app.inject({
      method: 'POST',
      url: '/containers/web/update',
      payload: { Memory: 5 },
    })
    expect(response.json()).toEqual({ Warnings: [] })
    expect(Buffer.from(it.engines.sent[0]?.body ?? []).toString()).toBe('{"Memory":5}')
  })

  test.each([
    { method: 'POST', url: '/containers/web/start' },
    { method: 'POST', url: '/containers/web/stop' },
    { method: 'DELETE', url: '/containers/web' },
    { method: 'GET', url: '/containers/web/logs' },
    { method: 'POST', url: '/containers/web/wait' },
  ] as const)(
    '$method $url says that the agent is lost, and since when',
    async ({ method, url }) => {
      const it = withWeb()
      it.cluster.containerViews = [container('web', { unreachableSinceMs: nowMs - 12_000 })]
      const response = await it.app.inject({ method, url })
      expect([response.statusCode, message(response.body)]).toEqual([
        503,
        'agent node1 is unreachable since 12s; container web is known, its engine cannot be asked',
      ])
    },
  )

  test('an agent that does not answer', async () => {
    const it = withWeb()
    it.engines.answer = () => undefined
    const response = await it.app.inject({ method: 'POST', url: '/containers/web/stop' })
    expect([response.statusCode, message(response.body)]).toEqual([
      503,
      'agent node1 is unreachable (connection refused), its engine cannot be asked',
    ])
  })

  describe('rename: name table, engine, then the old name is free (D22)', () => {
    const rename = (it: ReturnType<typeof endpoint>, name: string) =>
      it.app.inject({ method: 'POST', url: `/containers/web/rename?name=${name}` })

    test('in this order', async () => {
      const it = withWeb()
      expect((await rename(it, 'node1/db')).statusCode).toBe(204)
      expect(it.engines.asked).toEqual([`node1 POST /containers/${hexId('b')}/rename?name=db`])
      expect(it.cluster.calls).toEqual(['reserve db', 'refresh web', 'release web'])
    })

    test('the engine refuses: the new name is free again', async () => {
      const it = withWeb()
      it.engines.answer = () => ({ status: 500, body: { message: 'no' } })
      expect((await rename(it, 'db')).json()).toEqual({ message: 'no' })
      expect(it.cluster.calls).toEqual(['reserve db', 'refresh web', 'release db'])
    })

    test('the agent is gone: the new name is free again', async () => {
      const it = withWeb()
      it.engines.answer = () => undefined
      expect((await rename(it, 'db')).statusCode).toBe(503)
      expect(it.cluster.calls).toEqual(['reserve db', 'release db'])
    })

    test('the name is in use', async () => {
      const it = withWeb()
      it.cluster.nameOutcome = { kind: 'in-use', holder: hexId('9') }
      const response = await rename(it, 'db')
      expect(response.statusCode).toBe(409)
      expect(message(response.body)).toContain(`in use by container "${hexId('9')}"`)
      expect(it.engines.asked).toEqual([])
    })

    test.each([
      { name: '', text: 'Neither old nor new names may be empty' },
      { name: '/', text: 'Neither old nor new names may be empty' },
      { name: 'web', text: 'Renaming a container with the same name as its current name' },
      {
        name: 'b@d',
        text: 'Invalid container name (b@d), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
      },
      {
        name: 'node2/db',
        text: 'name: the container is on node1 and cannot be renamed to node2/db',
      },
    ])('"$name" is refused', async ({ name, text }) => {
      const it = withWeb()
      const response = await rename(it, encodeURIComponent(name))
      expect([response.statusCode, message(response.body)]).toEqual([400, text])
      expect(it.cluster.calls).toEqual([])
    })
  })

  describe('inspect (docker-frontend §4.4)', () => {
    const inspect = {
      Id: hexId('b'),
      Name: '/web',
      LogPath: '/log',
      Unknown: { kept: true },
      NetworkSettings: { Ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '81' }] } },
    }

    test('adds the node after LogPath and keeps what it does not know (D48)', async () => {
      const it = withWeb()
      it.engines.answer = () => ({ status: 200, body: inspect })
      const response = await it.app.inject('/containers/bbbb/json?size=1')
      expect(it.engines.asked).toEqual([`node1 GET /containers/${hexId('b')}/json?size=1`])
      expect(Object.keys(response.json())).toEqual([
        'Id',
        'Name',
        'LogPath',
        'Node',
        'Unknown',
        'NetworkSettings',
      ])
      expect(response.json()).toMatchObject({
        Name: '/web',
        Node: {
          ID: 'agent-node1',
          IP: '10.0.0.1',
          Addr: '10.0.0.1:5051',
          Name: 'node1',
          Cpus: 2,
          Memory: 1_073_741_824,
          Labels: { storagedriver: 'overlay2' },
        },
        Unknown: { kept: true },
        NetworkSettings: { Ports: { '80/tcp': [{ HostIp: '10.0.0.1', HostPort: '81' }] } },
      })
    })

    test('of a lost agent comes from memory', async () => {
      const it = withWeb()
      it.cluster.containerViews = [container('web', { unreachableSinceMs: nowMs })]
      const response = await it.app.inject('/containers/web/json')
      expect(response.json()).toMatchObject({ Name: '/web', Node: { Name: 'node1' } })
      expect(it.engines.asked).toEqual([])
    })

    test.each([
      { version: '1.44', names: ['web', 'db', 'bbbbbbbbbbbb'] },
      { version: '1.43', names: undefined },
    ])('API $version: names on a network of its own are $names', async ({ version, names }) => {
      const it = withWeb()
      const Networks = { front: { Aliases: ['db', 'bbbbbbbbbbbb'] }, bridge: {} }
      const body = { Id: hexId('b'), Name: '/web', NetworkSettings: { Networks } }
      it.engines.answer = () => ({ status: 200, body })
      const response = await it.app.inject(`/v${version}/containers/web/json`)
      const { front, bridge } = response.json().NetworkSettings.Networks
      expect([front.DNSNames, bridge.DNSNames]).toEqual([names, undefined])
    })

    test('of an agent that is lost this moment, too', async () => {
      const it = withWeb()
      it.engines.answer = () => undefined
      expect((await it.app.inject('/containers/web/json')).json()).toMatchObject({ Name: '/web' })
    })

    test('an engine that has removed it meanwhile says so', async () => {
      const it = withWeb()
      it.engines.answer = () => ({ status: 404, body: { message: 'No such container: b' } })
      expect((await it.app.inject('/containers/web/json')).statusCode).toBe(404)
    })
  })

  describe('wait', () => {
    test.each([
      { condition: 'next-exit', body: { StatusCode: 7 }, follows: 'refresh web' },
      { condition: 'removed', body: { StatusCode: 7 }, follows: 'removed web' },
      { condition: 'removed', body: { StatusCode: 7, Error: null }, follows: 'removed web' },
      {
        condition: 'removed',
        body: { StatusCode: 7, Error: { Message: 'device is busy' } },
        follows: 'refresh web',
      },
    ])(
      'passes the body on, when the own picture has followed ($condition, $body)',
      async ({ condition, body, follows }) => {
        const it = withWeb()
        it.engines.answer = () => ({ status: 200, body })
        const response = await it.app.inject({
          method: 'POST',
          url: `/containers/web/wait?condition=${condition}`,
        })
        expect(response.json()).toEqual(body)
        expect(it.cluster.calls).toEqual([follows])
        expect(it.engines.asked).toEqual([
          `node1 POST /containers/${hexId('b')}/wait?condition=${condition}`,
        ])
      },
    )

    test.each([
      { condition: '', asked: ['', '?condition=not-running'] },
      { condition: '?condition=next-exit', asked: [null, '?condition=not-running'] },
      { condition: '?condition=removed', asked: [null, '?condition=removed'] },
    ])(
      'of what goes on after a revocation the last end is told, and no other: $condition',
      async ({ condition, asked: [first, second] }) => {
        const it = withWeb()
        it.cluster.nextRuns.set('web', container('next', { id: hexId('c') }))
        const codes = [137, 3]
        it.engines.answer = () => ({ status: 200, body: { StatusCode: codes.shift() } })
        const url = `/containers/web/wait${condition}`
        const response = await it.app.inject({ method: 'POST', url })
        expect(response.json()).toEqual({ StatusCode: 3 })
        expect(it.engines.asked).toEqual([
          `node1 POST /containers/${hexId('b')}/wait${first ?? condition}`,
          `node1 POST /containers/${hexId('c')}/wait${second}`,
        ])
      },
    )

    test('where the next run cannot be waited for, the end of the last one is told', async () => {
      const it = withWeb()
      it.cluster.nextRuns.set('web', container('next', { id: hexId('c') }))
      const answers = [
        { status: 200, body: { StatusCode: 137 } },
        { status: 404, body: { message: 'No such container' } },
      ]
      it.engines.answer = () => answers.shift()
      const response = await it.app.inject({ method: 'POST', url: '/containers/web/wait' })
      expect(response.json()).toEqual({ StatusCode: 137 })
    })

    test('ends with 125 when the agent is lost', async () => {
      const it = withWeb()
      it.engines.stream = (_origin, _request, listener) => {
        queueMicrotask(() => {
          listener.onResponse({ status: 200, headers: {} })
          listener.onEnd(new Error('reset'))
        })
        return { close: () => {} }
      }
      const response = await it.app.inject({ method: 'POST', url: '/containers/web/wait' })
      expect(response.json()).toEqual({
        StatusCode: 125,
        Error: { Message: 'agent node1 was lost while the container ran' },
      })
    })

    test('a condition that is none', async () => {
      const response = await withWeb().app.inject({
        method: 'POST',
        url: '/containers/web/wait?condition=soon',
      })
      expect([response.statusCode, message(response.body)]).toEqual([
        400,
        'invalid condition: "soon"',
      ])
    })

    test("an engine's refusal is the answer", async () => {
      const it = withWeb()
      it.engines.answer = () => ({ status: 404, body: { message: 'No such container' } })
      const response = await it.app.inject({ method: 'POST', url: '/containers/web/wait' })
      expect(response.statusCode).toBe(404)
    })
  })

  describe('exec create', () => {
    test.each([
      { body: '{}', text: 'No exec command specified' },
      { body: '{"Cmd":[]}', text: 'No exec command specified' },
      {
        body: '{"Cmd":["ls"],"WorkingDir":"/proc/1/fd/3"}',
        text: 'WorkingDir: /proc/1/fd/3 is below /proc/*/fd, name a directory',
      },
    ])('$body is refused', async ({ body, text }) => {
      const response = await withWeb().app.inject({
        method: 'POST',
        url: '/containers/web/exec',
        payload: body,
      })
      expect([response.statusCode, message(response.body)]).toEqual([400, text])
    })

    test('an exec of nobody', async () => {
      const it = withWeb()
      it.engines.answer = () => ({ status: 404, body: { message: 'No such exec' } })
      const response = await it.app.inject('/exec/feed/json')
      expect([response.statusCode, message(response.body)]).toEqual([
        404,
        'No such exec instance: feed',
      ])
      expect(it.engines.asked).toEqual(['node1 GET /exec/feed/json', 'node2 GET /exec/feed/json'])
    })
  })

  test('commit names its container', async () => {
    const response = await withWeb().app.inject({ method: 'POST', url: '/commit?repo=x' })
    expect(message(response.body)).toBe('container: name the container to commit')
  })
})
