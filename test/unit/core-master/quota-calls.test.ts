import { describe, expect, test } from 'vitest'
import type { Master } from '../../../src/core-master/master.ts'
import { memoryRegistry } from '../../../src/core-master/registry/registry.ts'
import { codecs } from '../../../src/mesos/codec.ts'
import { toWire } from '../../../src/mesos/resources.ts'
import type { MasterResponse } from '../../../src/mesos/wire.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { AgentPeer, ask, SchedulerPeer } from '../../support/master-peers.ts'
import { amounts } from '../../support/master-scenario.ts'
import { settle } from '../../support/sim-clock.ts'

const start = (flags: Parameters<typeof startSimMaster>[0] = {}) => {
  const { master } = startSimMaster(flags)
  const agent = new AgentPeer(master.application, {
    agent_info: {
      hostname: 'a1',
      resources: toWire(amounts('cpus:8;mem:8192;disk:20000'), { format: 'stacks' }),
    },
  })
  if (agent.agentId === '') throw new Error('the agent was not admitted')
  return master
}

const json = { 'content-type': 'application/json' }

const post = (master: Master, body: unknown) =>
  ask(master.application, 'POST', '/api/v1', { headers: json, body: JSON.stringify(body) })

const update = (master: Master, configs: readonly unknown[], force = false) =>
  post(master, { type: 'UPDATE_QUOTA', update_quota: { force, quota_configs: configs } })

const read = (master: Master, type: string): unknown => JSON.parse(post(master, { type }).body)

/** As a real Mesos master was asked, and answered. */
const qrole = {
  role: 'qrole',
  guarantees: { cpus: { value: 1 }, mem: { value: 128 } },
  limits: { cpus: { value: 2 }, mem: { value: 512 } },
}

const status = {
  infos: [
    {
      role: 'qrole',
      guarantee: [
        { name: 'cpus', type: 'SCALAR', scalar: { value: 1 } },
        { name: 'mem', type: 'SCALAR', scalar: { value: 128 } },
      ],
    },
  ],
  configs: [qrole],
}

describe('quota (core-master §8.1)', () => {
  test('UPDATE_QUOTA is read back by GET_QUOTA and /quota, in JSON and protobuf, and voided by an empty config', () => {
    const master = start()
    expect(read(master, 'GET_QUOTA')).toEqual({ type: 'GET_QUOTA', get_quota: { status: {} } })
    expect(update(master, [qrole])).toMatchObject({ status: 200, body: '' })
    expect(read(master, 'GET_QUOTA')).toEqual({ type: 'GET_QUOTA', get_quota: { status } })
    expect(JSON.parse(ask(master.application, 'GET', '/quota').body)).toEqual(status)
    let bytes: Uint8Array = new Uint8Array()
    master.application(
      {
        method: 'POST',
        path: '/api/v1',
        headers: { ...json, accept: 'application/x-protobuf' },
        body: Buffer.from('{"type":"GET_QUOTA"}'),
      },
      {
        peer: '10.0.0.9:1',
        reply: (_status, _headers, body = '') => void (bytes = Buffer.from(body)),
        open: () => {
          throw new Error('a stream')
        },
      },
    )
    const codec = codecs<MasterResponse>('mesos.v1.master.Response')['application/x-protobuf']
    expect(codec.decode(bytes).get_quota?.status.configs).toEqual([qrole])
    expect(update(master, [{ role: 'qrole' }]).status).toBe(200)
    expect(read(master, 'GET_QUOTA')).toEqual({ type: 'GET_QUOTA', get_quota: { status: {} } })
  })

  test.each([
    {
      name: 'a guarantee above its limit, as Mesos says it',
      config: { guarantees: { cpus: { value: 3 } }, limits: { cpus: { value: 2 } } },
      want: "Invalid QuotaConfig: 'QuotaConfig.guarantees' { cpus: 3 } is not contained within the 'QuotaConfig.limits' { cpus: 2 }",
    },
    {
      name: 'a promise beyond the cluster',
      config: { guarantees: { cpus: { value: 30_000 } }, limits: { cpus: { value: 30_000 } } },
      want: "Invalid QuotaConfig: total quota guarantees 'cpus:30000' exceed cluster capacity 'cpus:8; disk:20000; mem:8192' (use 'force' flag to bypass this check)",
    },
    {
      name: 'a role that is none',
      config: { role: 'a//b' },
      want: /^Invalid QuotaConfig: .*two adjacent slashes/,
    },
    {
      name: 'a role within a role',
      config: { role: 'a/b' },
      want: "Updating quota on nested role 'a/b' is not supported yet",
    },
    {
      name: 'less than nothing',
      config: { limits: { cpus: { value: -1 } } },
      want: "Invalid QuotaConfig: Invalid 'QuotaConfig.limits': Quantity 'cpus: -1' is negative",
    },
    {
      name: 'more than can be summed exactly (MESOS-10008)',
      config: { guarantees: { mem: { value: 1e13 } } },
      want: /greater than 1 trillion/,
    },
    {
      name: 'infinitely much',
      config: { limits: { mem: { value: 'Infinity' } } },
      want: /greater than 1 trillion/,
    },
  ])('400: $name, and nothing of the call is set', ({ config, want }) => {
    const master = start()
    const answer = update(master, [qrole, { role: 'huge', ...config }].reverse())
    expect(answer.status).toBe(400)
    if (typeof want === 'string' && want.includes('total quota'))
      expect(answer.body).toBe(want.replace("'cpus:30000'", "'cpus:30001; mem:128'"))
    else expect(answer.body).toMatch(want)
    expect(master.state.quotas.size).toBe(0)
  })

  test('a role twice, and one that may not subscribe, is refused', () => {
    const master = start({ roles: 'qrole' })
    expect(update(master, [qrole, qrole]).body).toBe(
      "Invalid QuotaConfig: Role 'qrole' appears more than once",
    )
    expect(update(master, [{ ...qrole, role: 'other' }]).body).toBe(
      "Invalid QuotaConfig: 'other' is not on the roles whitelist",
    )
  })

  test('a limit below what a role consumes needs force; what it is merely offered can be taken back', async () => {
    const master = start()
    const f = new SchedulerPeer(master.application, {
      subscribe: { framework_info: { user: 'u', name: 'f', role: 'web' } },
    })
    await settle()
    const [offer] = master.state.offers.values()
    const limit = (value: number) => [{ role: 'web', limits: { cpus: { value } } }]
    expect(update(master, limit(1)).status).toBe(200)
    await settle()
    expect(update(master, limit(8)).status).toBe(200)
    expect(offer && master.state.offers.has(offer.id)).toBe(false)
    f.call({ type: 'REVIVE' })
    await settle()
    const [next] = master.state.offers.values()
    f.call({
      type: 'ACCEPT',
      accept: {
        offer_ids: [{ value: next?.id ?? '' }],
        operations: [
          {
            type: 'LAUNCH',
            launch: {
              task_infos: [
                {
                  name: 't',
                  task_id: { value: 't' },
                  agent_id: { value: next?.agent.id ?? '' },
                  command: { value: 'true' },
                  resources: toWire(amounts('cpus:2;mem:64'), { format: 'stacks' }),
                },
              ],
            },
          },
        ],
      },
    })
    expect(update(master, limit(1))).toMatchObject({
      status: 400,
      body: "Invalid QuotaConfig: Role 'web' is already consuming 'cpus:2; mem:64'; this is more than the requested limits 'cpus:1' (use 'force' flag to bypass this check)",
    })
    expect(update(master, limit(1), true).status).toBe(200)
    expect(master.state.quotas.get('web')?.limits).toEqual(new Map([['cpus', 1000]]))
  })

  test('SET_QUOTA and REMOVE_QUOTA, and POST and DELETE /quota, set and remove one', () => {
    const master = start()
    const guarantee = toWire(amounts('cpus:0.5'), { format: 'stacks' })
    const request = { role: 'q2', guarantee }
    const set = { type: 'SET_QUOTA', set_quota: { quota_request: request } }
    expect(post(master, set)).toMatchObject({ status: 200, body: '' })
    expect(master.state.quotas.get('q2')).toEqual({
      guarantees: new Map([['cpus', 500]]),
      limits: new Map([['cpus', 500]]),
    })
    expect(post(master, set)).toMatchObject({
      status: 400,
      body: "Failed to validate set quota request: Cannot set quota for role 'q2' which already has quota",
    })
    const remove = { type: 'REMOVE_QUOTA', remove_quota: { role: 'q2' } }
    expect(post(master, remove).status).toBe(200)
    expect(post(master, remove)).toMatchObject({
      status: 400,
      body: "Failed to validate remove quota request: Role 'q2' has no quota set",
    })
    const legacy = (method: string, path: string, body = '') =>
      ask(master.application, method, path, { body }).status
    expect(legacy('POST', '/master/quota', JSON.stringify(request))).toBe(200)
    expect(legacy('DELETE', '/quota/q2')).toBe(200)
    expect(legacy('DELETE', '/quota/q2')).toBe(400)
    expect(legacy('DELETE', '/quota/%zz')).toBe(404)
    expect(legacy('PUT', '/quota', '{}')).toBe(405)
    for (const body of ['', '{', '[]', '{"role":1e308}', '}', '{"role":"q"},"x":{'])
      expect([body, legacy('POST', '/quota', body)]).toEqual([body, 400])
    expect(master.state.quotas.size).toBe(0)
  })

  test.each([
    { name: 'nothing', guarantee: '', want: "QuotaInfo with empty 'guarantee'" },
    { name: 'ports', guarantee: 'ports:[1-2]', want: 'must not contain non-scalar resources' },
    { name: 'reservations', guarantee: 'cpus(x):1', want: 'must not contain reserved' },
    { name: 'what is lent', guarantee: '+cpus:1', want: 'must not contain reserved, revocable' },
  ])('SET_QUOTA of $name is refused', ({ guarantee, want }) => {
    const master = start()
    const wire = toWire(amounts(guarantee), { format: 'stacks' })
    const { status, body } = post(master, {
      type: 'SET_QUOTA',
      set_quota: { quota_request: { role: 'q', guarantee: wire } },
    })
    expect([status, body.includes(want), body]).toEqual([400, true, body])
  })

  test('SET_QUOTA of a resource that is none is refused', () => {
    const { status, body } = post(start(), {
      type: 'SET_QUOTA',
      set_quota: {
        quota_request: {
          role: 'q',
          guarantee: [{ name: 'cpus', type: 'SCALAR', scalar: { value: -1 } }],
        },
      },
    })
    expect(status).toBe(400)
    expect(body).toMatch(/^Failed to validate set quota request: QuotaInfo with invalid resource: /)
  })

  test('SET_QUOTA beyond the cluster is a conflict, unless it is forced', () => {
    const master = start()
    const set = (force: boolean) =>
      post(master, {
        type: 'SET_QUOTA',
        set_quota: {
          quota_request: {
            role: 'q',
            force,
            guarantee: toWire(amounts('cpus:9'), { format: 'stacks' }),
          },
        },
      })
    expect(set(false)).toMatchObject({
      status: 409,
      body: "Quota guarantees overcommit the cluster (use 'force' to bypass this check): Total quota guarantees 'cpus:9' exceed cluster capacity 'cpus:8; disk:20000; mem:8192'",
    })
    expect(set(true).status).toBe(200)
  })
})

test('quota and weights last over a restart, and win over --weights', () => {
  const registry = memoryRegistry()
  const flags = { work_dir: '/sim', weights: 'a=2,b=3' }
  const first = startSimMaster(flags, { registry }).master
  expect(update(first, [qrole], true).status).toBe(200)
  post(first, {
    type: 'UPDATE_WEIGHTS',
    update_weights: { weight_infos: [{ role: 'b', weight: 7 }] },
  })
  const { quotas } = first.state
  first.close()
  const next = startSimMaster(flags, { registry, seed: 2 }).master
  expect(next.state.quotas).toEqual(quotas)
  expect([...next.state.weights]).toEqual([
    ['a', 2],
    ['b', 7],
  ])
})

describe('weights (core-master §8.1)', () => {
  test('UPDATE_WEIGHTS and PUT /weights set some, GET_WEIGHTS and /weights show all', () => {
    const master = start({ weights: 'a=2,b=3' })
    const infos = [{ role: 'role1', weight: 2.5 }]
    expect(
      post(master, { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: infos } }),
    ).toMatchObject({ status: 200, body: '' })
    const put = (body: string) => ask(master.application, 'PUT', '/weights', { body })
    expect(put('[{"role":"b","weight":3.5}]').status).toBe(200)
    expect(put('{"role":"b","weight":3.5}').status).toBe(200)
    expect(put('[').status).toBe(400)
    const all = [
      { role: 'a', weight: 2 },
      { role: 'b', weight: 3.5 },
      { role: 'role1', weight: 2.5 },
    ]
    expect(read(master, 'GET_WEIGHTS')).toEqual({
      type: 'GET_WEIGHTS',
      get_weights: { weight_infos: all },
    })
    expect(JSON.parse(ask(master.application, 'GET', '/weights').body)).toEqual(all)
  })

  test.each([
    { role: 'b', weight: 0, want: "Invalid weight '0' for role 'b': Weights must be positive" },
    { role: 'b', weight: 'Infinity', want: 'Weights must be positive' },
    { role: '', weight: 1, want: "Invalid role ''" },
    { role: 'x', weight: 1, want: "Unknown role 'x'" },
  ])('400: $want, and nothing of the call is set', ({ role, weight, want }) => {
    const master = start({ roles: 'a,b' })
    const { status, body } = post(master, {
      type: 'UPDATE_WEIGHTS',
      update_weights: {
        weight_infos: [
          { role: 'a', weight: 5 },
          { role, weight },
        ],
      },
    })
    expect(status).toBe(400)
    expect(body).toContain(want)
    expect(body).toMatch(/^Failed to validate update weights request: /)
    expect(master.state.weights.size).toBe(0)
  })
})
