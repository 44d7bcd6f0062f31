import { expect, test } from 'vitest'
import { startsContainerLabel } from '../../../src/mesos/engine-endpoint.ts'
import type { TaskInfo } from '../../../src/mesos/wire.ts'
import {
  AgentRig,
  bodyTask,
  dockerTask,
  frontend,
  statusLabel,
  stockFramework,
} from '../../support/agent-rig.ts'

const flags = {
  resource_estimator: 'fixed',
  oversubscribed_resources: 'cpus:4',
  qos_controller: 'load',
  load_threshold_5min: '8',
}
const third = { ...frontend, id: { value: 'f3' } }
const frameworks = { f1: frontend, f2: stockFramework, f3: third }
type FrameworkName = keyof typeof frameworks

/** What a master knows of its tasks, and says again after each subscription: more than a real one would. */
class Wishes {
  readonly launched = new Map<string, FrameworkName>()
  readonly #launches: (() => void)[] = []
  readonly #killed = new Set<string>()
  readonly #rig: AgentRig
  #isOver = false
  #subscriptions = 0

  constructor(rig: AgentRig) {
    this.#rig = rig
  }

  launch(framework: FrameworkName, task: TaskInfo): void {
    this.launched.set(task.name, framework)
    this.#launches.push(() =>
      this.#rig.master.launch(task, frameworks[framework], `launch of ${task.name}`),
    )
    this.#launches.at(-1)?.()
  }

  kill(task: string): void {
    this.#killed.add(task)
    const framework = this.launched.get(task)
    if (framework !== undefined) this.#rig.master.kill(task, undefined, framework)
  }

  shutDown(): void {
    this.#isOver = true
    this.#rig.master.send({
      type: 'SHUTDOWN_FRAMEWORK',
      shutdown_framework: { framework_id: { value: 'f3' } },
    })
  }

  repeat(): void {
    const { master } = this.#rig
    const subscriptions = master.ofType('SUBSCRIBE').length
    if (subscriptions === this.#subscriptions) return
    this.#subscriptions = subscriptions
    for (const launch of this.#launches) launch()
    const unsettled = [...this.launched].filter(
      ([task, framework]) => framework !== 'f3' && !endsOf(this.#rig, task).length,
    )
    master.send({
      type: 'RECONCILE',
      reconcile: {
        tasks: unsettled.map(([task, framework]) => ({
          framework_id: { value: framework },
          task_id: { value: task },
        })),
      },
    })
    for (const task of this.#killed) this.kill(task)
    const listed = master.ofType('SUBSCRIBE').at(-1)?.subscribe?.frameworks ?? []
    if (this.#isOver && listed.some(({ id }) => id?.value === 'f3')) this.shutDown()
  }
}

const alive = /STAGING|STARTING|RUNNING|KILLING/

/** Every terminal state that the master was told of, repetitions aside. */
const endsOf = (rig: AgentRig, task: string) => {
  const ends = rig.master.statuses(task).filter(({ state }) => !alive.test(state))
  return [...new Map(ends.map((end) => [String(end.uuid), end])).values()]
}

/** A scripted life, so many milliseconds into it: all that an agent does with its containers. */
const script: readonly {
  readonly atMs: number
  readonly act: (rig: AgentRig, wishes: Wishes) => void
}[] = [
  { atMs: 0, act: (_, wishes) => wishes.launch('f1', bodyTask('web', ['serve'])) },
  {
    atMs: 10,
    act: (rig, wishes) => {
      rig.engine.registry.add('redis:7')
      const pulled = dockerTask('pulled', 'exit 5')
      const container = { type: 'DOCKER', docker: { image: 'redis:7' } } as const
      wishes.launch('f2', { ...pulled, container })
    },
  },
  { atMs: 40, act: (rig) => client(rig, 'POST', 'web', '/start') },
  {
    atMs: 60,
    act: (_, wishes) =>
      wishes.launch('f1', bodyTask('rm', ['true'], { body: { HostConfig: { AutoRemove: true } } })),
  },
  { atMs: 80, act: (_, wishes) => wishes.launch('f1', bodyTask('lent', ['serve'], lent)) },
  { atMs: 90, act: (_, wishes) => wishes.launch('f2', dockerTask('doomed', 'serve')) },
  { atMs: 100, act: (rig) => client(rig, 'POST', 'rm', '/start') },
  { atMs: 110, act: (rig) => client(rig, 'POST', 'lent', '/start') },
  { atMs: 130, act: (rig) => end(rig, 'web', 3) },
  { atMs: 150, act: (_, wishes) => wishes.kill('doomed') },
  {
    atMs: 170,
    act: (rig, wishes) => {
      const target = named(rig, 'web')
      if (target === undefined) return
      const labels = { [startsContainerLabel]: target }
      wishes.launch('f1', bodyTask('again', [], { labels }))
    },
  },
  {
    atMs: 180,
    act: (rig) => {
      rig.engine.fault('create', { kind: 'refuse', status: 500, message: 'no' })
    },
  },
  { atMs: 181, act: (_, wishes) => wishes.launch('f1', bodyTask('refused', ['true'])) },
  { atMs: 200, act: (rig) => client(rig, 'POST', 'web', '/start') },
  {
    atMs: 210,
    act: (rig, wishes) => {
      rig.engine.fault('start', { kind: 'refuse', status: 500, message: 'no bridge' })
      wishes.launch('f2', dockerTask('unstarted', 'true'))
    },
  },
  { atMs: 230, act: (_, wishes) => wishes.launch('f3', bodyTask('orphaned', ['serve'])) },
  { atMs: 250, act: (rig) => client(rig, 'POST', 'orphaned', '/start') },
  { atMs: 270, act: (rig) => client(rig, 'POST', 'web', '/stop') },
  {
    atMs: 280,
    act: (rig) => {
      rig.load = [0, 9, 0]
    },
  },
  { atMs: 290, act: (_, wishes) => wishes.shutDown() },
  { atMs: 310, act: (rig) => client(rig, 'DELETE', 'web', '') },
]

const lent = { revocable: true }

const named = (rig: AgentRig, name: string): string | undefined =>
  [...rig.engine.containers.values()].find((one) => one.name === name)?.id

/** Docker's clients get an answer, or their connection breaks; then they do not ask again. */
const client = (rig: AgentRig, method: string, name: string, action: string): void => {
  const id = named(rig, name)
  const framework = name === 'orphaned' ? 'f3' : 'f1'
  if (id !== undefined) rig.tell(method, `/engine/containers/${id}${action}`, framework)
}

const end = (rig: AgentRig, name: string, code: number): void => {
  const id = named(rig, name)
  if (id !== undefined && rig.engine.containers.get(id)?.status === 'running')
    rig.engine.exit(id, code)
}

/** Lives through the script; the process dies when the `deathAt`-th record is on disk, or a moment later. */
const live = async (deathAt: number, isLater: boolean) => {
  const rig = await new AgentRig({ flags }).up()
  const wishes = new Wishes(rig)
  wishes.repeat()
  let records = 0
  let isDead = false
  rig.log.onCommit = () => {
    records += 1
    if (records !== deathAt) return
    const die = () => {
      rig.die()
      isDead = true
    }
    if (isLater) rig.clock.after(0.5, die)
    else die()
  }
  const startMs = rig.clock.monotonicMs()
  for (const { atMs, act } of script) {
    await rig.clock.advance(startMs + atMs - rig.clock.monotonicMs())
    if (isDead) await rig.revive()
    isDead = false
    wishes.repeat()
    act(rig, wishes)
  }
  await rig.clock.advance(2000)
  if (isDead) await rig.revive()
  wishes.repeat()
  rig.load = [0, 0, 0]
  await rig.clock.advance(20_000)
  for (const task of wishes.launched.keys()) wishes.kill(task)
  await rig.clock.advance(20_000)
  return { rig, wishes, records }
}

const codes: Readonly<Record<string, readonly string[]>> = {
  web: ['3'],
  pulled: ['5'],
  rm: ['0'],
  refused: ['0'],
  unstarted: ['0'],
}

const startedByAgent = new Set(['pulled', 'unstarted'])

/** I3 to I7 of what a life has left behind. */
const check = ({ rig, wishes }: Awaited<ReturnType<typeof live>>): void => {
  const { engine, agent } = rig
  for (const [task, framework] of wishes.launched) {
    const ends = endsOf(rig, task)
    if (framework !== 'f3') expect(ends, `${task} has one end`).toHaveLength(1)
    if (startedByAgent.has(task)) expect(ends[0]?.state, `${task} went on`).not.toMatch(/KILLED/)
    const code = statusLabel(ends[0], 'exitCode')
    if (/FINISHED|FAILED/.test(ends[0]?.state ?? '') && code !== undefined)
      expect(codes[task] ?? [], `${task} ended with ${code}`).toContain(code)
  }
  const made = engine.made.map(({ task }) => task)
  expect(made, 'a task makes one container').toEqual([...new Set(made)])
  for (const { container } of engine.made) {
    const starts = engine.starts.filter((start) => start.container === container).length
    const isAgain = engine.made.find((one) => one.container === container)?.task === 'web'
    expect(starts).toBeLessThanOrEqual(isAgain ? 2 : 1)
  }
  expect([...agent.state.tasks.keys()], 'nothing is left to tell').toEqual([])
  const known = [...agent.state.containers.keys()].sort()
  expect([...engine.containers.keys()].sort(), 'engine and journal agree').toEqual(known)
  const running = [...engine.containers.values()].filter(({ status }) => status === 'running')
  expect(running, 'nothing runs').toEqual([])
  expect(named(rig, 'orphaned'), 'what a framework leaves goes').toBeUndefined()
  expect(named(rig, 'rm')?.length && engine.starts.some(({ task }) => task === 'rm')).toBeFalsy()
}

const undisturbed = await live(Infinity, false)

test('the scripted life, undisturbed', () => {
  check(undisturbed)
  const ends = [...undisturbed.wishes.launched.keys()].map((task) => [
    task,
    endsOf(undisturbed.rig, task)[0]?.state.replace('TASK_', ''),
  ])
  expect(Object.fromEntries(ends)).toEqual({
    web: 'FAILED',
    pulled: 'FAILED',
    rm: 'FINISHED',
    lent: 'GONE',
    doomed: 'KILLED',
    again: 'KILLED',
    refused: 'FAILED',
    unstarted: 'FAILED',
    orphaned: undefined,
  })
})

test.each([
  { name: 'as soon as it is on disk, before anything that follows from it', isLater: false },
  { name: 'a moment later, when what follows from it is under way', isLater: true },
])(
  'A2: a death at every record, $name: one end a task, no container lost or left',
  async ({ isLater }) => {
    for (let deathAt = 1; deathAt <= undisturbed.records; deathAt += 1) {
      const life = await live(deathAt, isLater)
      try {
        check(life)
      } catch (error) {
        throw new Error(`death at record ${deathAt}: ${String(error)}`, { cause: error })
      }
    }
  },
)
