import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fileCgroups } from '../../src/core-agent/cgroup-files.ts'
import { commandTask } from '../support/agent-rig.ts'
import { type RealAgent, realAgents, send, until } from '../support/real-agent.ts'

const { cgroupsRoot, start, unique } = realAgents()

const lending = { resource_estimator: 'fixed', oversubscribed_resources: 'cpus:4' }
const spin = 'while :; do :; done'
const tier = `${cgroupsRoot}/revocable`

/** Of the tree that freezes, on v2 and in the hybrid one. */
const eventsOf = (group: string): string => {
  const file = [`/sys/fs/cgroup/unified${group}`, `/sys/fs/cgroup${group}`]
    .map((folder) => `${folder}/cgroup.events`)
    .find(existsSync)
  return file === undefined ? '' : readFileSync(file, 'utf8')
}

/** A command on lent resources that wants more cpus than there are, and its control group. */
const hog = async (rig: RealAgent) => {
  const name = unique('hog')
  const value = `${`${spin} & `.repeat(7)}${spin}`
  const task = commandTask(name, value, { revocable: true, cpus: 4 })
  rig.master.launch({ ...task, agent_id: { value: rig.id } })
  await until(() => rig.master.states(name).at(-1) === 'RUNNING')
  const status = rig.master.statuses(name).at(-1)
  return { name, group: `${tier}/${status?.container_status?.container_id?.value}` }
}

test('a command on lent resources is measured, throttled, and stopped with its tier', async () => {
  const rig = await start({ ...lending, qos_controller: 'graded' })
  const { name, group } = await hog(rig)
  const cgroups = fileCgroups(cgroupsRoot)
  await until(() => (cgroups.read(tier)?.throttledPeriods ?? 0) > 2)
  const shown = async (path: string) =>
    JSON.parse((await send({ port: rig.port }, 'GET', path)).body) as unknown
  let measured: unknown
  await until(() => {
    void shown('/monitor/statistics').then((json) => (measured = json))
    return JSON.stringify(measured ?? '').includes('cpus_user_time_secs')
  })
  expect(measured).toMatchObject([{ executor_id: name }])
  cgroups.freeze(tier, true)
  await until(() => /populated 1\nfrozen 1/.test(eventsOf(group)))
  cgroups.freeze(tier, false)
  rig.master.kill(name, 0)
  await until(() => rig.master.states(name).at(-1) === 'KILLED')
})

test('a command whose lent resources are taken back is GONE, PREEMPTED, and leaves no process and no group', async () => {
  const rig = await start({ ...lending, qos_controller: 'load', load_threshold_5min: '0.001' })
  const { name, group } = await hog(rig)
  await until(() => rig.master.states(name).at(-1) === 'GONE')
  expect(rig.master.states(name)).toEqual(['STARTING', 'RUNNING', 'GONE'])
  expect(rig.master.statuses(name).at(-1)).toMatchObject({
    reason: 'REASON_CONTAINER_PREEMPTED',
    message: expect.stringContaining('load') as string,
  })
  const trees = ['', 'cpu', 'memory', 'freezer', 'unified'].map((tree) => `/sys/fs/cgroup/${tree}`)
  await until(() => trees.every((tree) => !existsSync(`${tree}${group}`)))
})
