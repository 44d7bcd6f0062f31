import { describe, expect, test } from 'vitest'
import type { Master } from '../../src/core-master/master.ts'
import type { MediaType } from '../../src/mesos/codec.ts'
import { type AgentId, type FrameworkId, id } from '../../src/mesos/ids.ts'
import { toWire } from '../../src/mesos/resources.ts'
import { CallMaker, mutant } from '../support/fuzz-calls.ts'
import { startSimMaster } from '../support/master-fixture.ts'
import { masterProblems } from '../support/master-invariants.ts'
import { AgentPeer, ask, SchedulerPeer } from '../support/master-peers.ts'
import { amounts } from '../support/master-scenario.ts'
import type { SimClock } from '../support/sim-clock.ts'
import { simRandom } from '../support/sim-random.ts'

/** Inputs of each call type through each codec; most of them are mutants of one that was made up. */
const inputs = 20_000
const mutantsOfEach = 19
/** A world lives this long: what a call breaks for good, as TEARDOWN does, must not empty the rest of the run. */
const inputsOfAWorld = 4000
const inputsBetweenLooks = 500
/** Some seconds of cpu each; a busy machine takes its time. */
const timeoutMs = 600_000

const apis = [
  { name: 'scheduler', path: '/api/v1/scheduler', call: 'mesos.v1.scheduler.Call' },
  { name: 'operator', path: '/api/v1', call: 'mesos.v1.master.Call' },
  { name: 'agent link', path: '/api/v1/agent-link', call: 'shoal.agent_link.Call' },
] as const
const mediaTypes: readonly MediaType[] = ['application/json', 'application/x-protobuf']

interface World {
  readonly master: Master
  readonly clock: SimClock
  readonly framework: SchedulerPeer
  readonly agents: readonly AgentPeer[]
}

/** Two agents, one lending, and two frameworks with offers; the tasks are what the calls launch. */
const newWorld = async (seed: number): Promise<World> => {
  const { master, clock } = startSimMaster({ fast_reoffer: 'true' }, { seed })
  const agents = ['10.0.0.1', '10.0.0.2'].map(
    (ip) =>
      new AgentPeer(
        master.application,
        {
          agent_info: {
            hostname: ip,
            resources: toWire(amounts('cpus:4;mem:4096;disk:9;ports:[1-9]'), { format: 'stacks' }),
          },
          oversubscribed: toWire(amounts('+cpus:2'), { format: 'stacks' }),
          capabilities: [{ type: 'AGENT_DRAINING' }, { type: 'MULTI_ROLE' }],
        },
        ip,
      ),
  )
  const [framework] = ['r1', 'a'].map(
    (role) =>
      new SchedulerPeer(master.application, {
        subscribe: {
          framework_info: {
            user: 'root',
            name: role,
            roles: [role],
            failover_timeout: 100,
            capabilities: [{ type: 'MULTI_ROLE' }, { type: 'REVOCABLE_RESOURCES' }],
          },
        },
      }),
  )
  if (framework === undefined) throw new Error('two roles make two frameworks')
  await clock.advance(1000)
  return { master, clock, framework, agents }
}

/** Sends one input and gives the status of its answer. Streams that it opens are closed after a while. */
const send = (
  { master }: World,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  opened: (() => void)[],
): number => {
  let answered = 0
  master.application(
    { method: 'POST', path, headers, body },
    {
      peer: '10.0.0.9:1',
      reply: (status) => (answered = status),
      open: (status) => {
        answered = status
        return {
          write: () => {},
          bufferedBytes: () => 0,
          end: () => {},
          onClose: (close) => opened.push(close),
        }
      },
    },
  )
  return answered
}

/** Books must balance after every stretch, and be empty once nobody holds anything any more. */
const look = async (world: World, opened: (() => void)[]): Promise<void> => {
  for (const close of opened.splice(0)) close()
  expect(masterProblems(world.master.state)).toEqual([])
  await world.clock.advance(1500)
  expect(masterProblems(world.master.state)).toEqual([])
}

/** All leave: what was lent to them must be back (I11). An agent's own word on what it runs is for `look` alone. */
const end = async ({ master, clock, agents }: World, isTold: boolean): Promise<void> => {
  const { state } = master
  for (const { id, stream } of state.frameworks.values())
    if (stream !== undefined)
      ask(master.application, 'POST', '/api/v1/scheduler', {
        headers: { 'content-type': 'application/json', 'mesos-stream-id': stream },
        body: JSON.stringify({ type: 'TEARDOWN', framework_id: { value: id } }),
      })
  await clock.advance(100_000)
  expect(masterProblems(state)).toEqual([])
  for (const { agentId } of isTold ? [] : agents) {
    const agent = state.agents.get(id<AgentId>(agentId))
    expect([agent?.used ?? [], agent?.offered ?? []]).toEqual([[], []])
  }
  master.close()
}

/** The peers whose calls are made up are still who they were. */
const isWhole = ({ master: { state }, framework, agents }: World): boolean =>
  state.frameworks.get(id<FrameworkId>(framework.frameworkId))?.stream ===
    framework.stream.headers['mesos-stream-id'] &&
  agents.every(
    ({ agentId, session }) => state.agents.get(id<AgentId>(agentId))?.session === session,
  )

describe.each(apis)('the $name API', ({ path, call }) => {
  const types = new CallMaker(call, simRandom(1), () => ({
    frameworks: [],
    agents: [],
    offers: [],
    tasks: [],
  })).types

  test.each(mediaTypes)(
    `stands ${inputs} made-up calls of every type: %s`,
    async (mediaType) => {
      const isOfAgents = path === '/api/v1/agent-link'
      for (const [index, type] of types.entries()) {
        const random = simRandom(4711 + index)
        const statuses = new Map<number, number>()
        let world = await newWorld(index)
        let born = 0
        const opened: (() => void)[] = []
        const maker = new CallMaker(call, random, () => ({
          frameworks: [world.framework.frameworkId],
          agents: world.agents.map(({ agentId }) => agentId),
          offers: [...world.master.state.offers.keys()],
          tasks: ['t1', 't2', 't3'],
        }))
        for (let sent = 0; sent < inputs; ) {
          if (sent - born >= inputsOfAWorld || !isWhole(world)) {
            for (const close of opened.splice(0)) close()
            await end(world, isOfAgents)
            world = await newWorld(index + sent)
            born = sent
          }
          const { agentId = '', session = '' } = world.agents[sent % 2] ?? {}
          const headers = {
            'content-type': mediaType,
            ...(type === 'SUBSCRIBE'
              ? {}
              : { 'mesos-stream-id': world.framework.stream.headers['mesos-stream-id'] ?? '' }),
          }
          const isNew = type === 'SUBSCRIBE' && sent % 80 < 40
          const more = isOfAgents
            ? { agent_id: { value: agentId }, session_id: session }
            : isNew
              ? {}
              : { framework_id: { value: world.framework.frameworkId } }
          const bytes = maker.encode(maker.call(type, more), mediaType === 'application/json')
          if (bytes === undefined) continue
          for (let i = 0; i <= mutantsOfEach; i++) {
            const status = send(
              world,
              path,
              headers,
              i === 0 ? bytes : mutant(bytes, random),
              opened,
            )
            statuses.set(status, (statuses.get(status) ?? 0) + 1)
            if (++sent % inputsBetweenLooks === 0) await look(world, opened)
          }
        }
        for (const close of opened.splice(0)) close()
        await end(world, isOfAgents)
        // Most inputs are refused; some must get past the checks, or nothing was tried.
        expect([type, [...statuses.keys()].some((status) => status !== 400)]).toEqual([type, true])
        // 501 is the answer to a call that is not implemented (core-master §1.2, row 19).
        const wrong = [...statuses.keys()].filter((status) => !(status >= 200 && status < 500))
        expect([type, wrong.filter((status) => status !== 501)]).toEqual([type, []])
      }
    },
    timeoutMs,
  )
})
