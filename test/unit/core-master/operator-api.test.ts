import { beforeEach, describe, expect, test } from 'vitest'
import type { Master } from '../../../src/core-master/master.ts'
import { codecs } from '../../../src/mesos/codec.ts'
import { toWire } from '../../../src/mesos/resources.ts'
import type { MasterCall } from '../../../src/mesos/wire.ts'
import { parseResources } from '../../../src/resources/parse.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { AgentPeer, ask } from '../../support/master-peers.ts'

const calls = codecs<MasterCall>('mesos.v1.master.Call')
const json = { 'content-type': 'application/json' }

let master: Master
let agent: AgentPeer

beforeEach(() => {
  master = startSimMaster().master
  agent = new AgentPeer(master.application, {
    agent_info: {
      hostname: 'a',
      resources: toWire(parseResources('cpus:1').resources, { format: 'stacks' }),
    },
    capabilities: [{ type: 'AGENT_DRAINING' }],
  })
})

const post = (body: unknown, headers = json) =>
  ask(master.application, 'POST', '/api/v1', { headers, body: JSON.stringify(body) })

const drain = (more: object = {}) => ({
  type: 'DRAIN_AGENT',
  drain_agent: { agent_id: { value: agent.agentId }, ...more },
})

describe('POST /api/v1 (core-master §8.1)', () => {
  test.each([
    { name: 'no call', body: {}, want: "Expecting 'type' to be present" },
    {
      name: 'a call without its message',
      body: { type: 'DEACTIVATE_AGENT' },
      want: "Expecting 'deactivate_agent' to be present",
    },
    {
      name: 'a grace below zero',
      body: {
        type: 'DRAIN_AGENT',
        drain_agent: { agent_id: { value: 'a' }, max_grace_period: { seconds: -1 } },
      },
      want: "'drain_agent.max_grace_period' must be from 0 to 9000000 seconds, not -1",
    },
    {
      name: 'a grace that cannot be counted',
      body: {
        type: 'DRAIN_AGENT',
        drain_agent: { agent_id: { value: 'a' }, max_grace_period: { seconds: 9_000_001 } },
      },
      want: "'drain_agent.max_grace_period' must be from 0 to 9000000 seconds, not 9000001",
    },
  ])('400: $name', ({ body, want }) => {
    const answer = post(body)
    expect(answer).toMatchObject({
      status: 400,
      body: `Failed to validate master::Call: ${want}`,
    })
  })

  test('405, 415, 406, 501 as elsewhere, and under /master too', () => {
    expect(ask(master.application, 'GET', '/api/v1').status).toBe(405)
    expect(post({}, { 'content-type': 'text/plain' }).status).toBe(415)
    const odd = { ...json, accept: 'text/html' }
    expect(post(drain(), odd).status).toBe(406)
    expect(post({ type: 'GET_STATE' })).toMatchObject({
      status: 501,
      body: 'GET_STATE is not implemented',
    })
    const { application } = master
    const body = JSON.stringify(drain())
    expect(ask(application, 'POST', '/master/api/v1', { headers: json, body }).status).toBe(200)
  })

  test('the same call as JSON and as protobuf', () => {
    expect(post(drain({ max_grace_period: { seconds: 2, nanos: 500_000_000 } })).status).toBe(200)
    const body = calls['application/x-protobuf'].encode({
      type: 'DRAIN_AGENT',
      drain_agent: {
        agent_id: { value: agent.agentId },
        max_grace_period: { seconds: 2, nanos: 500_000_000 },
      },
    })
    const headers = { 'content-type': 'application/x-protobuf', accept: 'application/x-protobuf' }
    expect(ask(master.application, 'POST', '/api/v1', { headers, body }).status).toBe(200)
    const drains = agent.stream.events.filter(({ type }) => type === 'DRAIN')
    expect(drains.map(({ drain: told }) => told?.drain_config)).toEqual([
      { max_grace_period: { nanoseconds: 2_500_000_000 }, mark_gone: false },
    ])
  })

  test('/state tells of it: drain_info, deactivated, not active, and the counts', () => {
    post(drain({ max_grace_period: { seconds: 1 } }))
    const state = JSON.parse(ask(master.application, 'GET', '/state').body) as object
    expect(state).toMatchObject({
      activated_slaves: 0,
      deactivated_slaves: 1,
      slaves: [
        {
          active: false,
          deactivated: true,
          drain_info: {
            state: 'DRAINED',
            config: { max_grace_period: { nanoseconds: 1e9 }, mark_gone: false },
          },
          estimated_drain_start_time_seconds: Date.UTC(2026, 0, 1) / 1000,
        },
      ],
    })
    const metrics = JSON.parse(ask(master.application, 'GET', '/metrics/snapshot').body) as object
    expect(metrics).toMatchObject({ 'master/slaves_active': 0, 'master/slaves_connected': 1 })
  })
})
