import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromJson } from '../../src/core-agent/journal.ts'
import { isTerminal } from '../../src/core-agent/state.ts'
import { AgentRig, bodyTask, dockerTask, stockFramework } from '../support/agent-rig.ts'

const flags = {
  resource_estimator: 'fixed',
  oversubscribed_resources: 'cpus:100',
  resources: 'cpus:100;mem:100000',
  qos_controller: 'load',
  load_threshold_5min: '8',
  qos_correction_interval_min: '1secs',
}

/** What befalls a lent task around the moment at which its resources are taken back. */
const befalls = {
  nothing: () => {},
  'ends well': (rig, name) => ended(rig, name, 0),
  fails: (rig, name) => ended(rig, name, 3),
  'is out of memory': (rig, name) => ended(rig, name, 137, true),
  'is killed by its framework': (rig, name) => rig.master.kill(name, 0, ownerOf(name)),
  'is asked to end by its framework': (rig, name) => rig.master.kill(name, 5000, ownerOf(name)),
  'is stopped by its user': (rig, name) => called(rig, name, 'POST', '/stop?t=1'),
  'is killed by its user': (rig, name) => called(rig, name, 'POST', '/kill'),
  'is removed by its user': (rig, name) => called(rig, name, 'DELETE', '?force=1'),
  'gets no answer to a stop': (rig) => rig.engine.fault('stop', { kind: 'hang' }),
  'loses the answer to a kill': (rig) => rig.engine.fault('kill', { kind: 'lose-answer' }),
  'loses its events': (rig) => void (rig.engine.delivery = 'lost'),
  'has its events told twice': (rig) => void (rig.engine.delivery = 'twice'),
} satisfies Readonly<Record<string, (rig: AgentRig, name: string) => void>>

type Befall = keyof typeof befalls

const ownerOf = (name: string) => (name.startsWith('stock') ? 'f2' : 'f1')

/** On the engine: tasks of the stock framework have containers by other names. */
const containerOf = (rig: AgentRig, name: string) =>
  [...rig.engine.containers.values()].find(
    ({ body }) => (body['Labels'] as Record<string, string>)['org.mesos.task_id'] === name,
  )

const ended = (rig: AgentRig, name: string, code: number, oom = false): void => {
  const container = containerOf(rig, name)
  if (container?.status === 'running') rig.engine.exit(container.id, code, { oom })
}

const called = (rig: AgentRig, name: string, method: string, action: string): void => {
  const container = containerOf(rig, name)
  if (container !== undefined)
    rig.tell(method, `/engine/containers/${container.id}${action}`, ownerOf(name))
}

const tasksPerStory = 20
const stories = 50

const story = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  fates: fc.array(
    fc.record({
      befall: fc.constantFrom(...(Object.keys(befalls) as Befall[])),
      /** After the load has risen; the controller looks each second. */
      atMs: fc.integer({ min: 0, max: 2500 }),
      isOurs: fc.boolean(),
    }),
    { minLength: tasksPerStory, maxLength: tasksPerStory },
  ),
  /** The agent dies then, or not at all. */
  deathMs: fc.option(fc.integer({ min: 500, max: 3000 })),
})

test(`A8: in ${stories * tasksPerStory} races a task ends as preempted if and only if that was recorded first, and every task ends once`, async () => {
  let races = 0
  let preempted = 0
  await fc.assert(
    fc.asyncProperty(story, async ({ seed, fates, deathMs }) => {
      const rig = await new AgentRig({ seed, flags }).up()
      const names = fates.map(({ isOurs }, i) => `${isOurs ? 'ours' : 'stock'}${i}`)
      for (const name of names)
        if (name.startsWith('ours'))
          rig.master.launch(bodyTask(name, ['serve'], { revocable: true }))
        else rig.master.launch(dockerTask(name, 'serve', { revocable: true }), stockFramework)
      await rig.clock.advance(1000)
      for (const name of names) called(rig, name, 'POST', '/start')
      await rig.clock.advance(1000)
      rig.load = [0, 9, 0]
      fates.forEach(({ befall, atMs }, i) => {
        rig.clock.after(atMs, () => befalls[befall](rig, names[i] ?? ''))
      })
      if (deathMs !== null) {
        await rig.clock.advance(deathMs)
        await rig.crash()
      }
      rig.clock.after(5000, () => {
        rig.load = [0, 0, 0]
        rig.engine.delivery = 'told'
      })
      await rig.clock.advance(120_000)
      const taken = await preemptions(rig)
      for (const name of names) {
        const ends = rig.master.statuses(name).filter(({ state }) => isTerminal(state))
        const [end] = ends
        const uuids = new Set(ends.map(({ uuid }) => Buffer.from(uuid ?? []).toString('hex')))
        expect(uuids.size, `${name} ends once`).toBe(1)
        const isTaken = taken.has(`${ownerOf(name)}/${name}`)
        expect(end?.reason === 'REASON_CONTAINER_PREEMPTED', `${name}: ${end?.state}`).toBe(isTaken)
        if (isTaken) expect(end?.state).toBe(name.startsWith('ours') ? 'TASK_GONE' : 'TASK_LOST')
        else expect(end?.state).toMatch(/^TASK_(FINISHED|FAILED|KILLED)$/)
        races += 1
        preempted += isTaken ? 1 : 0
      }
      void rig.agent.close()
    }),
    { numRuns: stories, seed: 8 },
  )
  expect(races).toBe(stories * tasksPerStory)
  // Both sides of the race are seen.
  expect(preempted).toBeGreaterThan(races / 4)
  expect(preempted).toBeLessThan(races)
})

/** Tasks whose journal says that they were preempted. */
const preemptions = async (rig: AgentRig): Promise<ReadonlySet<string>> => {
  const { snapshot, records } = await rig.log.read()
  const all = [...((snapshot as readonly unknown[] | undefined) ?? []), ...records].map(fromJson)
  return new Set(
    all.flatMap((record) =>
      record.type === 'ENDING' && record.ending?.cause === 'preempted' ? [record.task] : [],
    ),
  )
}
