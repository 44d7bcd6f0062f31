import { describe, expect, test } from 'vitest'
import { container, endpoint, hexId, node } from './fake-cluster.ts'

interface Network {
  readonly Id: string
  readonly Name: string
}

/** Two engines with these networks; the ordinary verbs succeed. */
const withNetworks = (byNode: Record<string, readonly Network[]>) => {
  const it = endpoint()
  it.cluster.containerViews = [container('web', { id: hexId('b') })]
  it.engines.answer = (asked) => {
    const [name = '', method = '', path = ''] = asked.split(' ')
    const networks = byNode[name] ?? []
    if (method === 'GET' && /^\/networks(\?|$)/.test(path)) return { status: 200, body: networks }
    const reference = decodeURIComponent(/^\/networks\/([^/?]+)/.exec(path)?.[1] ?? '')
    if (reference === 'create') return { status: 201, body: { Id: 'new', Warning: '' } }
    const one = networks.find(({ Id, Name }) => [Id, Name].includes(reference))
    if (one === undefined) return { status: 404, body: { message: 'network not found' } }
    if (method === 'GET')
      return { status: 200, body: { ...one, Containers: { [`on-${name}`]: {} } } }
    return { status: method === 'DELETE' ? 204 : 200 }
  }
  return it
}

const bridges = {
  node1: [
    { Id: 'b1', Name: 'bridge' },
    { Id: 'p1', Name: 'proj' },
    { Id: 'd1', Name: 'dup' },
  ],
  node2: [
    { Id: 'b2', Name: 'bridge' },
    { Id: 'd2', Name: 'dup' },
  ],
}

describe('networks (docker-frontend §2.4)', () => {
  const post = (it: ReturnType<typeof endpoint>, url: string, payload: object) =>
    it.app.inject({ method: 'POST', url, payload })

  test('predefined ones once, plain names, node/name only where a name is twice (D43)', async () => {
    const response = await withNetworks(bridges).app.inject('/networks')
    expect((response.json() as Network[]).map(({ Name }) => Name)).toEqual([
      'bridge',
      'proj',
      'node1/dup',
      'node2/dup',
    ])
  })

  test('two agents on one engine show its networks once', async () => {
    const shared = { node1: [{ Id: 'p1', Name: 'proj' }], node2: [{ Id: 'p1', Name: 'proj' }] }
    const response = await withNetworks(shared).app.inject('/networks/')
    expect((response.json() as Network[]).map(({ Name }) => Name)).toEqual(['proj'])
  })

  test('bridge is the first node’s, with the containers of all', async () => {
    const response = await withNetworks(bridges).app.inject('/networks/bridge')
    expect(response.json()).toEqual({
      Id: 'b1',
      Name: 'bridge',
      Containers: { 'on-node1': {}, 'on-node2': {} },
    })
  })

  test.each([
    { reference: 'proj', status: 200 },
    { reference: 'p1', status: 200 },
    { reference: 'node2/dup', status: 200 },
    { reference: 'nothing', status: 404, text: 'network nothing not found' },
    {
      reference: 'dup',
      status: 400,
      text: 'network dup exists on several nodes (node1, node2): name it as node/name',
    },
  ])('GET /networks/$reference answers $status', async ({ reference, status, text }) => {
    const response = await withNetworks(bridges).app.inject(`/networks/${reference}`)
    expect(response.statusCode).toBe(status)
    if (text !== undefined) expect(response.json()).toEqual({ message: text })
  })

  test('DELETE goes to the node that has it, by id', async () => {
    const it = withNetworks(bridges)
    const response = await it.app.inject({ method: 'DELETE', url: '/networks/node2/dup' })
    expect(response.statusCode).toBe(204)
    expect(it.engines.asked.at(-1)).toBe('node2 DELETE /networks/d2')
  })

  test.each([
    {
      name: 'the node with fewest containers',
      body: { Name: 'n' },
      strategy: 'spread',
      want: 'node2',
    },
    { name: 'binpack: with most', body: { Name: 'n' }, strategy: 'binpack', want: 'node1' },
    { name: 'pinned by node/name', body: { Name: 'node1/n' }, strategy: 'spread', want: 'node1' },
    {
      name: 'pinned by constraints',
      body: { Name: 'n', Labels: { 'com.docker.swarm.constraints': '["node==node1"]' } },
      strategy: 'spread',
      want: 'node1',
    },
    {
      name: 'pinned by a label of the node',
      body: { Name: 'n', Labels: { 'com.docker.swarm.constraints': '["zone!=a"]' } },
      strategy: 'binpack',
      want: 'node2',
    },
  ])('create: $name', async ({ body, strategy, want }) => {
    const it = withNetworks(bridges)
    it.cluster.summaryView = { ...it.cluster.summaryView, strategy }
    it.cluster.nodeViews = [node('node1', { labels: new Map([['zone', 'a']]) }), node('node2')]
    const response = await post(it, '/networks/create', body)
    expect([response.statusCode, response.json()]).toEqual([201, { Id: 'new', Warning: '' }])
    expect(it.engines.asked.at(-1)).toBe(`${want} POST /networks/create`)
    expect(JSON.parse(Buffer.from(it.engines.sent.at(-1)?.body ?? []).toString())).toEqual({
      ...body,
      Name: 'n',
    })
  })

  test.each([
    { body: { Name: 'proj' }, status: 409, text: 'network with name proj already exists' },
    {
      body: {},
      status: 400,
      text: 'invalid request body: Name must be given: the name of the network',
    },
    {
      body: { Name: 'node9/n' },
      status: 500,
      text: 'no healthy node for network n satisfies node==node9',
    },
    {
      body: { Name: 'n', Labels: { 'com.docker.swarm.constraints': 'x' } },
      status: 400,
      text: 'label com.docker.swarm.constraints: wanted a JSON array of texts such as ["region==eu"], got "x"',
    },
  ])('create $body answers $status', async ({ body, status, text }) => {
    const response = await post(withNetworks(bridges), '/networks/create', body)
    expect([response.statusCode, response.json()]).toEqual([status, { message: text }])
  })

  test('connect: on the container’s node, by full ids', async () => {
    const it = withNetworks(bridges)
    const response = await post(it, '/networks/dup/connect', {
      Container: 'web',
      EndpointConfig: {},
    })
    expect(response.statusCode).toBe(200)
    expect(it.engines.asked.at(-1)).toBe('node1 POST /networks/d1/connect')
    expect(JSON.parse(Buffer.from(it.engines.sent.at(-1)?.body ?? []).toString())).toEqual({
      Container: hexId('b'),
      EndpointConfig: {},
    })
    expect(it.cluster.calls).toEqual(['refresh web'])
  })

  test('connect to a network of another node names both', async () => {
    const response = await post(withNetworks(bridges), '/networks/d2/connect', { Container: 'web' })
    expect([response.statusCode, response.json()]).toEqual([
      409,
      { message: 'network d2 is on node2, container web is on node1' },
    ])
  })
})

describe('volumes (docker-frontend §2.4, D41)', () => {
  const volume = (name: string, node: string) => ({
    Name: name,
    Driver: 'local',
    Mountpoint: `/${node}/${name}`,
    CreatedAt: '2025-06-01T00:00:00Z',
  })
  const withVolumes = (byNode: Record<string, readonly { readonly Name: string }[]>) => {
    const it = endpoint()
    it.engines.answer = (asked) => {
      const [name = '', method = '', path = ''] = asked.split(' ')
      const volumes = byNode[name] ?? []
      if (/^\/volumes(\?|$)/.test(path))
        return { status: 200, body: { Volumes: volumes.length > 0 ? volumes : null } }
      if (method === 'POST') return { status: 201, body: { Name: 'made', on: name } }
      const reference = path.split('/')[2]?.replace(/\?.*/, '')
      const one = volumes.find(({ Name }) => Name === reference)
      if (one === undefined) return { status: 404, body: { message: 'get: no such volume' } }
      return method === 'DELETE' ? { status: 204 } : { status: 200, body: one }
    }
    return it
  }
  const two = {
    node1: [volume('data', 'node1'), volume('dup', 'node1')],
    node2: [volume('dup', 'node2')],
  }

  test('merged, node/name only where a name is twice', async () => {
    const response = await withVolumes(two).app.inject('/volumes')
    expect(response.json()).toMatchObject({
      Volumes: [{ Name: 'data' }, { Name: 'node1/dup' }, { Name: 'node2/dup' }],
      Warnings: [],
    })
  })

  test('two agents on one engine show a volume once', async () => {
    const shared = { node1: [volume('data', 'x')], node2: [volume('data', 'x')] }
    const response = await withVolumes(shared).app.inject('/volumes')
    expect(response.json()).toMatchObject({ Volumes: [{ Name: 'data' }] })
  })

  test.each([
    { method: 'GET', reference: 'data', status: 200 },
    { method: 'GET', reference: 'node2/dup', status: 200 },
    { method: 'DELETE', reference: 'node2/dup', status: 204 },
    { method: 'GET', reference: 'no', status: 404, text: 'get no: no such volume' },
    {
      method: 'DELETE',
      reference: 'dup',
      status: 400,
      text: 'volume dup exists on several nodes (node1, node2): name it as node/name',
    },
  ] as const)(
    '$method /volumes/$reference answers $status',
    async ({ method, reference, status, ...more }) => {
      const response = await withVolumes(two).app.inject({ method, url: `/volumes/${reference}` })
      expect(response.statusCode).toBe(status)
      if ('text' in more) expect(response.json()).toEqual({ message: more.text })
    },
  )

  test.each([
    { name: 'an existing one answers where it is', body: { Name: 'data' }, want: 'node1' },
    { name: 'node/name pins', body: { Name: 'node2/new' }, want: 'node2' },
    { name: 'no name: the engine makes one', body: {}, want: 'node1' },
  ])('create: $name', async ({ body, want }) => {
    const response = await withVolumes(two).app.inject({
      method: 'POST',
      url: '/volumes/create',
      payload: body,
    })
    expect([response.statusCode, response.json()]).toEqual([201, { Name: 'made', on: want }])
  })
})
