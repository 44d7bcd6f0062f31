import { deepStrictEqual, strictEqual } from 'node:assert'
import { freeOf } from '../../src/core-master/ledger.ts'
import { isTerminal } from '../../src/core-master/tasks/states.ts'
import { successorOf } from '../../src/mesos-framework/promotions.ts'
import { requeuedContainer } from '../../src/mesos-framework/queue.ts'
import { format, plus } from '../../src/resources/resources.ts'
import { masterProblems } from './master-invariants.ts'
import { registryProblems } from './registry-problems.ts'
import { settle } from './sim-clock.ts'
import { SimCluster } from './sim-cluster.ts'
import { calm } from './sim-network.ts'
import { Story } from './sim-story.ts'

/** One seed: faults for a while, then peace, then everything is taken away again. */
const faultsMs = 60_000
const healMs = 75_000
const pauseBetweenMs = 400
/** Longer than a create can hang that began as the last container gave its place up. */
const tidyMs = 45_000

/** Runs the clock, one timer at a time; the invariants hold after each. */
const run = async (cluster: SimCluster, durationMs: number): Promise<void> => {
  const untilMs = cluster.clock.monotonicMs() + durationMs
  await settle()
  while ((cluster.clock.nextDueMs ?? Infinity) <= untilMs) {
    cluster.clock.step()
    await settle()
    check(cluster)
  }
  await cluster.clock.advance(untilMs - cluster.clock.monotonicMs())
}

const check = (cluster: SimCluster): void => {
  if (!cluster.masterActed()) return
  const problems = [
    ...masterProblems(cluster.master.state),
    ...registryProblems(cluster.master.state, cluster.registry),
    ...startedTwice(cluster),
    ...cluster.scheduler.lentOffers.map((offer) => `I2 offer ${offer} lends to who takes no loans`),
  ]
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

/** I4: over all engines and all time, a task makes one container. */
const startedTwice = ({ machines }: SimCluster): string[] => {
  const made = new Map<string, string>()
  const problems: string[] = []
  for (const { engine, hostname } of machines)
    for (const { container, task } of engine.made) {
      const other = made.get(task)
      if (other !== undefined)
        problems.push(`I4 task ${task} made container ${container} on ${hostname} and ${other}`)
      made.set(task, `${container} on ${hostname}`)
    }
  return problems
}

/** Throws with the seed and what did not hold. */
export const simulate = async (seed: number): Promise<void> => {
  const cluster = new SimCluster({
    seed,
    agents: 3,
    resources: 'cpus:4;mem:2048;disk:1024;ports:[31000-31010]',
    lent: 'cpus:4',
  })
  try {
    await cluster.start()
    const story = new Story(cluster)
    for (let atMs = 0; atMs < faultsMs; ) {
      const pauseMs = cluster.random.next() * 2 * pauseBetweenMs
      await run(cluster, pauseMs)
      atMs += pauseMs
      story.next()
    }
    cluster.network.heal()
    cluster.scheduler.rests = true
    cluster.network.weather = calm
    for (const machine of cluster.machines) {
      machine.engine.delivery = 'told'
      machine.load = 0
    }
    await run(cluster, healMs)
    expectNoneForgotten(cluster)
    await removeAll(cluster)
    expectFresh(cluster)
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  } finally {
    cluster.close()
  }
}

/** What is to run again backs off until some time that has not come, is queued, or is being launched or started, itself or what takes its place. */
const expectNoneForgotten = ({ framework, clock }: SimCluster): void => {
  const { state } = framework
  const { requeues, queue, tasks, containers } = state
  const launching = [...tasks.values()].flatMap((task) =>
    task.phase === 'launching' ? [task.waiting] : [],
  )
  const underWay = [...queue.inOrder(), ...launching].map(requeuedContainer)
  const isUnderWay = (container: string) =>
    underWay.includes(container) || successorOf(state, container) !== undefined
  const forgotten = [...requeues.values()].filter(
    ({ container, phase, retryAtMs }) =>
      !containers.has(container) ||
      (phase === 'backing-off' && retryAtMs < clock.monotonicMs()) ||
      (phase === 'waiting' && !isUnderWay(container)),
  )
  deepStrictEqual(forgotten, [], 'containers that should run again and will not')
}

/** What is left is removed, and has time to be forgotten. */
const removeAll = async (cluster: SimCluster): Promise<void> => {
  for (const { id } of cluster.framework.containers())
    void cluster.engineCall(id, 'DELETE', '?force=1')
  await run(cluster, tidyMs)
}

/** I7, I8, I11: nothing runs, nothing is shown, everything is free or on offer, as on the first day. */
const expectFresh = ({ master, machines, framework }: SimCluster): void => {
  const left = machines.flatMap(({ engine }) => [...engine.containers.keys()])
  deepStrictEqual(left, [], 'containers left on the engines')
  const processes = machines.flatMap(({ commands }) => commands.containers)
  deepStrictEqual(processes, [], 'processes left on the machines')
  const shown = framework.containers().map(({ id }) => id)
  deepStrictEqual(shown, [], `containers shown: ${shown.join()}`)
  const held = [...framework.state.tasks.values()].map(({ id, phase }) => `${id} ${phase}`)
  deepStrictEqual(held, [], `tasks the framework holds: ${held.join()}`)
  for (const agent of master.state.agents.values()) {
    const alive = [...agent.tasks].filter(({ state }) => !isTerminal(state))
    const tasks = alive.map(({ id, state }) => `${id} ${state}`)
    deepStrictEqual(tasks, [], `tasks of the master: ${tasks.join()}`)
    strictEqual(format(agent.used), '')
    strictEqual(format(plus(freeOf(agent), agent.offered)), format(agent.total))
    strictEqual(
      format(agent.total),
      'cpus:4; cpus{REV}:4; disk:1024; mem:2048; ports:[31000-31010]',
    )
  }
  strictEqual(master.state.agents.size, machines.length, 'agents registered')
}
