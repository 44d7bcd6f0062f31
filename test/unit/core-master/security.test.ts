import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { actions, allowed, parseAcls } from '../../../src/core-master/security/acls.ts'
import { parseRateLimits, RateLimiter } from '../../../src/core-master/security/rate-limits.ts'
import { realmOf } from '../../../src/core-master/security/realms.ts'
import { toWire } from '../../../src/mesos/resources.ts'
import type { FrameworkInfo } from '../../../src/mesos/wire.ts'
import {
  basicAuthorization,
  parseCredential,
  parseCredentials,
} from '../../../src/runtime/credential.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { AgentPeer, ask, SchedulerPeer } from '../../support/master-peers.ts'
import { amounts } from '../../support/master-scenario.ts'

const json = { 'content-type': 'application/json', accept: 'application/json' }
const credentials = JSON.stringify({
  credentials: [
    { principal: 'ops', secret: 'tide' },
    { principal: 'web', secret: 'reef:7' },
  ],
})
const as = (principal: string, secret: string) => ({
  authorization: basicAuthorization({ principal, secret }),
})
const info: FrameworkInfo = { user: 'root', name: 'f', failover_timeout: 100 }

describe('ACLs decide by the first rule that matches (AU3)', () => {
  const acls = parseAcls(
    JSON.stringify({
      permissive: false,
      register_frameworks: [
        { principals: { values: ['web'] }, roles: { values: ['web', 'team/%'] } },
        { principals: { values: ['web'] }, roles: { type: 'NONE' } },
        { principals: { type: 'ANY' }, roles: { values: ['guest'] } },
      ],
      run_tasks: [{ principals: { type: 'NONE' }, users: { values: ['root'] } }],
    }),
  )
  test.each([
    ['web', 'register_frameworks', 'web', true],
    ['web', 'register_frameworks', 'team/a', true],
    ['web', 'register_frameworks', 'team/a/b', true],
    ['web', 'register_frameworks', 'team', false],
    ['web', 'register_frameworks', 'teams/a', false],
    ['web', 'register_frameworks', 'guest', false], // The second rule came first.
    ['other', 'register_frameworks', 'guest', true],
    ['other', 'register_frameworks', 'web', false], // No rule: not permissive.
    [undefined, 'register_frameworks', 'guest', true],
    [undefined, 'register_frameworks', 'web', false],
    ['web', 'run_tasks', 'root', false],
    ['web', 'run_tasks', 'nobody', false],
    ['web', 'drain_agents', undefined, false],
  ] as const)('%s may %s %s: %s', (principal, action, object, want) => {
    expect(allowed(acls, principal, action, object)).toBe(want)
  })

  test('by default everything else is allowed', () => {
    expect(allowed(parseAcls('{}'), undefined, 'drain_agents', undefined)).toBe(true)
  })

  test.each([
    ['{"fly":[]}', /"fly" is no action; there are register_frameworks/],
    ['{"run_tasks":{}}', /"run_tasks": wanted a list/],
    ['{"run_tasks":[{"principals":{"type":"ANY"},"roles":{"type":"ANY"}}]}', /got "roles"/],
    ['{"run_tasks":[{"principals":{"type":"ANY"},"users":{"values":[]}}]}', /"users": wanted/],
    ['{"permissive":1}', /"permissive": wanted true or false/],
    ['/no/such/file', /not JSON, nor the path of it/],
  ])('%s is an error of the start', (text, want) => {
    expect(() => parseAcls(text)).toThrow(want)
  })
})

test('docs/security.md lists the actions, no more and no less', () => {
  const page = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z_]+)` +\| `([a-z_]+)` +\|/gm)]
  expect(new Map(rows.map(([, action, object]) => [action, object]))).toEqual(
    new Map(Object.entries(actions)),
  )
})

describe('credentials (AU1)', () => {
  test('are JSON, or lines of a principal and a secret', () => {
    expect([...parseCredentials(credentials)]).toEqual([
      ['ops', 'tide'],
      ['web', 'reef:7'],
    ])
    expect(parseCredential('{"principal":"a","secret":"b"}')).toEqual({
      principal: 'a',
      secret: 'b',
    })
  })
  test.each([
    '{"credentials":[{"principal":"a"}]}',
    '{"credentials":[{"principal":"a:b","secret":"hush"}]}',
    '{"credentials":[{"principal":"a","secret":"hush"},{"principal":"a","secret":"hush"}]}',
    '{"credentials":"hush"}',
    '{"hush',
  ])('%s is an error that does not quote a secret', (text) => {
    expect(() => parseCredentials(text)).toThrow(/^(?!.*hush)/)
  })
})

test.each([
  ['POST', '/api/v1/scheduler', 'scheduler'],
  ['POST', '/api/v1/agent-link', 'agent'],
  ['POST', '/api/v1', 'readwrite'],
  ['GET', '/quota', 'readwrite'],
  ['POST', '/state', 'readwrite'],
  ['GET', '/state', 'readonly'],
  ['GET', '/metrics/snapshot', 'readonly'],
  ['GET', '/health', undefined],
])('%s %s is of the realm %s', (method, path, want) => {
  expect(realmOf(method, path)).toBe(want)
})

describe('rate limits (AU5)', () => {
  const limits = parseRateLimits(
    JSON.stringify({
      limits: [{ principal: 'slow', qps: 0.5, capacity: 2 }, { principal: 'free' }],
      aggregate_default_qps: 1,
    }),
  )
  test('a principal has its own rate, some have none, the others share one', () => {
    const limiter = new RateLimiter(limits)
    expect([0, 0, 0, 1999, 2000].map((at) => limiter.take('slow', at))).toEqual([
      undefined,
      undefined,
      2,
      1,
      undefined,
    ])
    for (let i = 0; i < 100; i++) expect(limiter.take('free', 0)).toBeUndefined()
    expect(limiter.take('other', 0)).toBeUndefined()
    expect(limiter.take(undefined, 0)).toBe(1)
    expect(limiter.take('third', 1000)).toBeUndefined()
  })
  test.each([
    ['{"limits":[{"principal":"a","qps":0}]}', /"limits" of "a": wanted a qps above zero/],
    ['{"limits":[{"principal":"a"},{"principal":"a"}]}', /listed twice/],
    ['{"limits":[{"qps":1}]}', /without principal/],
    ['{"aggregate_default_qps":1,"aggregate_default_capacity":0}', /wanted a capacity/],
  ])('%s is an error of the start', (text, want) => {
    expect(() => parseRateLimits(text)).toThrow(want)
  })

  test('429 says when to come again', async () => {
    const { master, clock } = startSimMaster({
      rate_limits: '{"limits":[{"principal":"web","qps":1,"capacity":2}]}',
    })
    const peer = new SchedulerPeer(master.application, {
      subscribe: { framework_info: { ...info, principal: 'web' } },
    })
    expect(peer.call({ type: 'REVIVE' }).status).toBe(202)
    const over = peer.call({ type: 'TEARDOWN' })
    expect([over.status, over.headers['retry-after']]).toEqual([429, '1'])
    await clock.advance(1000)
    expect(peer.call({ type: 'REVIVE' }).status).toBe(202)
  })
})

describe('a master that wants to know who calls (§1.2 rows 1 and 14, AU2)', () => {
  const start = (more: object = {}) =>
    startSimMaster({
      credentials,
      authenticate_http_readonly: 'true',
      authenticate_http_readwrite: 'true',
      authenticate_http_frameworks: 'true',
      authenticate_agents: 'true',
      ...more,
    }).master
  const subscribe = (framework: FrameworkInfo) =>
    JSON.stringify({ type: 'SUBSCRIBE', subscribe: { framework_info: framework } })

  test.each([
    { method: 'GET', path: '/state', realm: 'readonly' },
    { method: 'GET', path: '/master/flags', realm: 'readonly' },
    { method: 'POST', path: '/api/v1', realm: 'readwrite' },
    { method: 'POST', path: '/api/v1/scheduler', realm: 'scheduler' },
    { method: 'POST', path: '/api/v1/agent-link', realm: 'agent' },
  ])('$method $path is 401 without a right secret', ({ method, path, realm }) => {
    const { application } = start()
    const wrong = [{}, as('ops', 'no'), as('no', 'tide'), { authorization: 'Bearer x' }]
    for (const headers of wrong) {
      const answer = ask(application, method, path, { headers: { ...json, ...headers } })
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([
        401,
        `Basic realm="mesos-master-${realm}"`,
      ])
    }
    const known = ask(application, method, path, { headers: { ...json, ...as('ops', 'tide') } })
    expect(known.status).not.toBe(401)
  })

  test('/health is for everybody, and /flags keeps the secrets', () => {
    const { application } = start()
    expect(ask(application, 'GET', '/health').status).toBe(200)
    const { body } = ask(application, 'GET', '/flags', { headers: as('ops', 'tide') })
    expect(body).toContain('"credentials":"<hidden>"')
    expect(body).not.toMatch(/tide|reef/)
  })

  test('a framework of another principal is refused, one without gets it', () => {
    const master = start()
    const headers = { ...json, ...as('web', 'reef:7') }
    const path = '/api/v1/scheduler'
    const body = subscribe({ ...info, principal: 'ops' })
    expect(ask(master.application, 'POST', path, { headers, body })).toMatchObject({
      status: 400,
      body: "Failed to validate scheduler::Call: Authenticated principal 'web' does not match principal 'ops' set in `FrameworkInfo`",
    })
    let streamId = ''
    master.application(
      { method: 'POST', path, headers, body: Buffer.from(subscribe(info)) },
      {
        peer: '10.0.0.9:1',
        reply: () => {},
        open: (_status, opened) => {
          streamId = opened['mesos-stream-id'] ?? ''
          return { write: () => {}, bufferedBytes: () => 0, end: () => {}, onClose: () => {} }
        },
      },
    )
    const [framework] = master.state.frameworks.values()
    expect(framework?.info.principal).toBe('web')
    const revive = (who: object) =>
      ask(master.application, 'POST', path, {
        headers: { ...json, 'mesos-stream-id': streamId, ...who },
        body: JSON.stringify({ type: 'REVIVE', framework_id: { value: framework?.id } }),
      }).status
    expect(revive(as('web', 'reef:7'))).toBe(202)
    expect(revive(as('ops', 'tide'))).toBe(400)
    expect(revive({})).toBe(401)
  })

  test('without credentials nobody could: an error of the start', () => {
    expect(() => startSimMaster({ authenticate_http_readonly: 'true' })).toThrow(
      /--credentials: needed/,
    )
  })
})

describe('ACLs at work (AU4)', () => {
  const start = async (acls: object, flags: object = {}) => {
    const { master, clock } = startSimMaster({ acls: JSON.stringify(acls), ...flags })
    const agent = new AgentPeer(master.application, {
      agent_info: {
        hostname: 'a1',
        resources: toWire(amounts('cpus:4;mem:1024'), { format: 'stacks' }),
      },
      capabilities: [{ type: 'AGENT_DRAINING' }],
    })
    const framework = new SchedulerPeer(master.application, { subscribe: { framework_info: info } })
    await clock.advance(1000)
    return { master, agent, framework, clock }
  }
  const nobody = (object: string) => [{ principals: { type: 'NONE' }, [object]: { type: 'ANY' } }]
  const operate = (application: Parameters<typeof ask>[0], body: object) =>
    ask(application, 'POST', '/api/v1', { headers: json, body: JSON.stringify(body) })

  test('a role is refused on the stream, and in an update', async () => {
    const { framework } = await start({
      register_frameworks: [{ principals: { type: 'NONE' }, roles: { values: ['r'] } }],
    })
    const update = framework.call({
      type: 'UPDATE_FRAMEWORK',
      update_framework: {
        framework_info: { ...info, id: { value: framework.frameworkId }, role: 'r' },
      },
    })
    expect([update.status, update.body]).toEqual([403, "Not authorized to use role 'r'"])
    const { master } = await start({ register_frameworks: nobody('roles') })
    expect(
      new SchedulerPeer(master.application, { subscribe: { framework_info: info } }).stream.events,
    ).toMatchObject([{ type: 'ERROR', error: { message: "Not authorized to use role '*'" } }])
  })

  test('a task of a user that may not run is TASK_ERROR', async () => {
    const { framework, agent } = await start({
      run_tasks: [{ principals: { type: 'NONE' }, users: { values: ['toor'] } }],
    })
    const [offer] = framework.stream.take().flatMap(({ offers }) => offers?.offers ?? [])
    const task = (id: string, user: string) => ({
      name: id,
      task_id: { value: id },
      agent_id: { value: agent.agentId },
      command: { value: 'true', user },
      resources: toWire(amounts('cpus:1'), { format: 'stacks' }),
    })
    framework.call({
      type: 'ACCEPT',
      accept: {
        offer_ids: [offer?.id ?? { value: '' }],
        operations: [
          { type: 'LAUNCH', launch: { task_infos: [task('t1', 'toor'), task('t2', 'nobody')] } },
        ],
      },
    })
    expect(framework.stream.take().flatMap(({ update }) => update?.status ?? [])).toMatchObject([
      {
        task_id: { value: 't1' },
        state: 'TASK_ERROR',
        reason: 'REASON_TASK_UNAUTHORIZED',
        message: "Not authorized to launch as user 'toor'",
      },
    ])
    expect(agent.stream.take().map(({ type }) => type)).toContain('LAUNCH')
  })

  test('calls of operators are 403, and change nothing', async () => {
    const { master, agent } = await start({
      drain_agents: nobody('agents'),
      update_quotas: [{ principals: { type: 'NONE' }, roles: { values: ['dear'] } }],
      update_weights: nobody('roles'),
    })
    const drain = operate(master.application, {
      type: 'DRAIN_AGENT',
      drain_agent: { agent_id: { value: agent.agentId } },
    })
    expect([drain.status, drain.body]).toEqual([403, 'Anybody is not authorized to drain_agents'])
    const quota = (role: string) =>
      operate(master.application, {
        type: 'UPDATE_QUOTA',
        update_quota: { quota_configs: [{ role, limits: { cpus: { value: 1 } } }] },
      }).status
    expect([quota('dear'), quota('cheap')]).toEqual([403, 200])
    const weights = ask(master.application, 'PUT', '/weights', {
      headers: json,
      body: '[{"role":"a","weight":2}]',
    })
    expect(weights.status).toBe(403)
    expect(master.state.weights.size).toBe(0)
  })

  test('views leave out what is not to be seen, and refuse what is one thing', async () => {
    const { master } = await start({
      view_frameworks: [{ principals: { type: 'NONE' }, users: { values: ['root'] } }],
      view_flags: nobody('flags'),
      get_endpoints: [{ principals: { type: 'NONE' }, paths: { values: ['/tasks'] } }],
    })
    const get = (path: string) => ask(master.application, 'GET', path)
    const state = JSON.parse(get('/state').body) as Readonly<Record<string, unknown>>
    expect(state).toMatchObject({ frameworks: [], flags: {} })
    expect([get('/flags').status, get('/tasks').status, get('/frameworks').status]).toEqual([
      403, 403, 200,
    ])
    expect(master.state.frameworks.size).toBe(1)
  })

  test('--no-root_submissions refuses root, --firewall_rules a path', async () => {
    const { master, framework } = await start(
      {},
      { root_submissions: 'false', firewall_rules: '{"disabled_endpoints":{"paths":["/state"]}}' },
    )
    expect(framework.stream.events.map(({ error }) => error?.message)).toEqual([
      "User 'root' is not allowed to run frameworks without --root_submissions set",
    ])
    expect(ask(master.application, 'GET', '/master/state')).toMatchObject({
      status: 403,
      body: "Endpoint '/state' is disabled",
    })
  })
})
