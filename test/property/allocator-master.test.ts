import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { freeOf } from '../../src/core-master/ledger.ts'
import type { Master } from '../../src/core-master/master.ts'
import { memoryRegistry } from '../../src/core-master/registry/registry.ts'
import type { Framework, Offer, Task } from '../../src/core-master/state.ts'
import { isTerminal } from '../../src/core-master/tasks/states.ts'
import { toWire } from '../../src/mesos/resources.ts'
import type { TaskState } from '../../src/mesos/wire.ts'
import { equal, type Kind, named, ofKind, type Resources } from '../../src/resources/resources.ts'
import { startSimMaster } from '../support/master-fixture.ts'
import { masterProblems } from '../support/master-invariants.ts'
import { AgentPeer, SchedulerPeer } from '../support/master-peers.ts'
import { amounts } from '../support/master-scenario.ts'
import { registryProblems } from '../support/registry-problems.ts'
import { type SimClock, settle } from '../support/sim-clock.ts'

/** What a step does; the numbers choose among what there is. */
interface Step {
  readonly kind: (typeof stepKinds)[number]
  readonly a: number
  readonly b: number
}

const stepKinds = [
  'agent',
  'framework',
  'accept',
  'accept',
  'accept',
  'decline',
  'update',
  'update',
  'update',
  'acknowledge',
  'kill',
  'revive',
  'suppress',
  'lend',
  'break-agent',
  'return-agent',
  'break-framework',
  'return-framework',
  'teardown',
  'leave',
  'advance',
] as const

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...stepKinds),
  a: fc.nat({ max: 97 }),
  b: fc.nat({ max: 97 }),
})

const ends: readonly TaskState[] = ['TASK_RUNNING', 'TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED']

/** Peers of a master that do anything a peer may do, at any time. */
class Chaos {
  readonly master: Master
  readonly clock: SimClock
  readonly registry = memoryRegistry()
  readonly #agents: AgentPeer[] = []
  readonly #frameworks: SchedulerPeer[] = []
  #tasks = 0

  constructor(jointOffers: boolean) {
    const { master, clock } = startSimMaster(
      {
        joint_offers: String(jointOffers),
        agent_ping_timeout: '3secs',
        max_agent_ping_timeouts: '3',
      },
      { registry: this.registry },
    )
    this.master = master
    this.clock = clock
  }

  async do({ kind, a, b }: Step): Promise<void> {
    const agent = pick(this.#agents, a)
    const framework = pick(this.#frameworks, a)
    const offer = pick([...this.master.state.offers.values()], a)
    const task = pick(this.#allTasks(), a)
    if (kind === 'agent') this.#addAgent(a)
    else if (kind === 'framework') this.#addFramework(a, b)
    else if (kind === 'accept') this.#accept(offer, b)
    else if (kind === 'decline' && offer !== undefined)
      this.#owner(offer.framework)?.call({
        type: 'DECLINE',
        decline: { offer_ids: [{ value: offer.id }], filters: { refuse_seconds: b % 5 } },
      })
    else if (kind === 'update') this.#update(task, pick(ends, b) ?? 'TASK_RUNNING')
    else if (kind === 'acknowledge') this.#acknowledge(task)
    else if (kind === 'kill')
      framework?.call({ type: 'KILL', kill: { task_id: { value: task?.id ?? 'x' } } })
    else if (kind === 'revive') framework?.call({ type: 'REVIVE' })
    else if (kind === 'suppress') framework?.call({ type: 'SUPPRESS' })
    else if (kind === 'teardown') framework?.call({ type: 'TEARDOWN' })
    else if (kind === 'leave') agent?.call({ type: 'UNSUBSCRIBE' })
    else if (kind === 'lend')
      agent?.call({
        type: 'OVERSUBSCRIBED',
        oversubscribed: { generation: b, total: wire(amounts(`+cpus:${b % 7}`)) },
      })
    else if (kind === 'break-agent') agent?.stream.close()
    else if (kind === 'break-framework') framework?.stream.close()
    else if (kind === 'return-agent' && agent !== undefined) this.#returnAgent(agent, b)
    else if (kind === 'return-framework' && framework !== undefined)
      this.#returnFramework(framework)
    else if (kind === 'advance') await this.clock.advance(1000 * (b % 4))
    await settle()
  }

  /** Every agent is back, every task ends, every framework leaves. */
  async wind(): Promise<void> {
    for (const peer of this.#agents) this.#returnAgent(peer, 0)
    for (const task of this.#allTasks()) this.#update(task, 'TASK_FINISHED')
    for (const peer of this.#frameworks) this.#returnFramework(peer)
    for (const task of this.#allTasks()) this.#acknowledge(task)
    for (const peer of this.#frameworks) peer.call({ type: 'TEARDOWN' })
    await settle()
  }

  get agentCount(): number {
    return this.#agents.length
  }

  #addAgent(n: number): void {
    if (this.#agents.length >= 4) return
    const name = `a${this.#agents.length}`
    const agentInfo = { hostname: name, resources: wire(amounts(`cpus:${1 + (n % 4)};mem:256`)) }
    const ip = `10.0.1.${this.#agents.length}`
    this.#agents.push(
      new AgentPeer(
        this.master.application,
        { agent_info: agentInfo, oversubscribed: wire(amounts('+cpus:2')) },
        ip,
      ),
    )
  }

  #addFramework(n: number, m: number): void {
    if (this.#frameworks.length >= 4) return
    this.#frameworks.push(
      new SchedulerPeer(this.master.application, {
        subscribe: {
          framework_info: {
            user: 'u',
            name: `f${this.#frameworks.length}`,
            role: n % 2 === 0 ? '*' : 'r1',
            checkpoint: n % 3 > 0,
            failover_timeout: m % 2 === 0 ? 0 : 100,
            capabilities: m % 3 === 0 ? [] : [{ type: 'REVOCABLE_RESOURCES' }],
          },
        },
      }),
    )
  }

  /** Takes part of an offer, or too much of it, with any other offer of the agent in the same call. */
  #accept(offer: Offer | undefined, n: number): void {
    if (offer === undefined) return
    const kind: Kind = offer.resources.some(({ revocable }) => revocable) ? 'revocable' : 'regular'
    const cpus = named(ofKind(offer.resources, kind), 'cpus')
    const others = [...offer.agent.offers].filter((one) => one !== offer && n % 2 === 0)
    const taskId = `t${n % 11 === 0 ? 0 : this.#tasks++}`
    this.#owner(offer.framework)?.call({
      type: 'ACCEPT',
      accept: {
        offer_ids: [offer, ...others].map(({ id }) => ({ value: id })),
        operations: [
          {
            type: 'LAUNCH',
            launch: {
              task_infos: [
                {
                  name: taskId,
                  task_id: { value: taskId },
                  agent_id: { value: offer.agent.id },
                  command: { value: 'true' },
                  resources: wire(n % 5 === 0 ? amounts('cpus:1;+cpus:1') : cpus),
                },
              ],
            },
          },
        ],
        filters: { refuse_seconds: n % 3 },
      },
    })
  }

  #update(task: Task | undefined, state: TaskState): void {
    const agent = this.#agents.findLast(({ agentId }) => agentId === task?.agent)
    if (task === undefined || agent === undefined) return
    agent.call({
      type: 'STATUS_UPDATE',
      status_update: {
        framework_id: { value: task.framework },
        latest_state: state,
        status: {
          task_id: { value: task.id },
          state,
          uuid: new Uint8Array(16).fill(ends.indexOf(state)),
        },
      },
    })
  }

  #acknowledge(task: Task | undefined): void {
    const owner = this.#frameworks.findLast(({ frameworkId }) => frameworkId === task?.framework)
    if (task?.update?.uuid === undefined || owner === undefined) return
    owner.call({
      type: 'ACKNOWLEDGE',
      acknowledge: {
        agent_id: { value: task.agent },
        task_id: { value: task.id },
        uuid: task.update.uuid,
      },
    })
  }

  /** An agent that comes back lists every second of its tasks, and some that were lost. */
  #returnAgent(peer: AgentPeer, n: number): void {
    const known = [...this.master.state.frameworks.values()]
    const tasks = known
      .flatMap((one) => [
        ...one.tasks.values(),
        ...one.unreachableTasks.values(),
        ...one.completedTasks,
      ])
      .filter(({ agent }, i) => agent === peer.agentId && (i + n) % 2 === 0)
    const unique = [
      ...new Map(tasks.map((task) => [`${task.framework}/${task.id}`, task])).values(),
    ]
    const at = this.#agents.indexOf(peer)
    this.#agents[at] = new AgentPeer(
      this.master.application,
      {
        agent_info: {
          hostname: `a${at}`,
          id: { value: peer.agentId },
          resources: wire(amounts(`cpus:${1 + (n % 4)};mem:256`)),
        },
        frameworks: known.map(({ info }) => info),
        tasks: unique.map((task) => ({
          name: task.name,
          task_id: { value: task.id },
          framework_id: { value: task.framework },
          agent_id: { value: peer.agentId },
          state: isTerminal(task.state) ? 'TASK_RUNNING' : task.state,
          resources: wire(task.resources),
        })),
      },
      `10.0.1.${at}`,
    )
  }

  #returnFramework(peer: SchedulerPeer): void {
    const id = { value: peer.frameworkId }
    const info = [...this.master.state.frameworks.values()].find((one) => one.id === id.value)?.info
    if (info === undefined) return
    this.#frameworks[this.#frameworks.indexOf(peer)] = new SchedulerPeer(this.master.application, {
      framework_id: id,
      subscribe: { framework_info: info },
    })
  }

  #owner(framework: Framework): SchedulerPeer | undefined {
    return this.#frameworks.find(({ frameworkId }) => frameworkId === framework.id)
  }

  #allTasks(): Task[] {
    return [...this.master.state.frameworks.values()].flatMap(({ tasks }) => [...tasks.values()])
  }
}

const pick = <T>(items: readonly T[], n: number): T | undefined => items[n % items.length]
const wire = (resources: Resources) => toWire(resources, { format: 'stacks' })

test('whatever the peers do, the books are right after every step (I1, I2, I11)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: 60 }), async (joint, steps) => {
      const chaos = new Chaos(joint)
      await chaos.do({ kind: 'agent', a: 3, b: 0 })
      await chaos.do({ kind: 'framework', a: 2, b: 1 })
      for (const one of steps) {
        await chaos.do(one)
        expect(masterProblems(chaos.master.state), JSON.stringify(one)).toEqual([])
        const { master, registry } = chaos
        expect(registryProblems(master.state, registry), JSON.stringify(one)).toEqual([])
      }
      await chaos.wind()
      expect(chaos.master.state.agents.size).toBe(chaos.agentCount)
      expect(chaos.master.state.frameworks.size).toBe(0)
      for (const agent of chaos.master.state.agents.values())
        expect(equal(freeOf(agent), agent.total), `I11: ${agent.id} is as fresh`).toBe(true)
      expect(chaos.master.state.offers.size).toBe(0)
      chaos.master.close()
    }),
    { numRuns: 150 },
  )
})
