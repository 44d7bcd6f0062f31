import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileCgroups } from '../../../src/core-agent/cgroup-files.ts'
import { apply, snapshotOf } from '../../../src/core-agent/journal.ts'
import { emptyState, type TaskKey } from '../../../src/core-agent/state.ts'
import { measuredOf, usageOf } from '../../../src/core-agent/usage/processes.ts'
import { together } from '../../../src/core-agent/usage/reading.ts'
import { taskSampleOf } from '../../../src/core-agent/usage/sampler.ts'
import type { ExecutorInfo, TaskInfo } from '../../../src/mesos/wire.ts'
import { commandTask, dockerTask } from '../../support/agent-rig.ts'
import { idleReading } from '../../support/fake-cgroups.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const executor: ExecutorInfo = { executor_id: { value: 'e1' }, type: 'CUSTOM', command: {} }

/** A state with these tasks, the named one in a container of its own name. */
const stateWith = (...tasks: readonly TaskInfo[]) => {
  const state = emptyState()
  state.commandTiers = { regular: '/shoal/regular', revocable: '/shoal/revocable' }
  for (const task of tasks)
    apply(state, {
      type: 'LAUNCH',
      launchId: task.task_id.value,
      frameworkId: 'f1',
      task,
      containerId: `c-${task.task_id.value}`,
      containerizer: task.container === undefined ? 'mesos' : 'docker',
    })
  return state
}

test('commands are measured in the group of their tier; a docker task without a process not at all', () => {
  const state = stateWith(
    commandTask('own', ''),
    commandTask('lent', '', { revocable: true }),
    dockerTask('box', ''),
  )
  expect(measuredOf(state)).toEqual([
    { key: 'f1/own', containerId: 'c-own', groups: ['/shoal/regular/c-own'] },
    { key: 'f1/lent', containerId: 'c-lent', groups: ['/shoal/revocable/c-lent'] },
  ])
})

test('an executor is measured once, whatever runs in it, and each of its tasks has an even part', () => {
  const state = stateWith(
    { ...commandTask('a', ''), executor },
    { ...commandTask('b', ''), executor },
  )
  apply(state, { type: 'EXECUTOR', frameworkId: 'f1', info: executor, containerId: 'c-e1' })
  const [measured, ...others] = measuredOf(state)
  expect(others).toEqual([])
  expect(measured).toMatchObject({ groups: ['/shoal/regular/c-e1', '/shoal/revocable/c-e1'] })
  const first = taskSampleOf(undefined, { ...idleReading, memoryBytes: 600 }, 0, 5000)
  const whole = first && { ...first, cpus: 3 }
  if (whole) state.lending.tasks = new Map([[measured?.key as TaskKey, whole]])
  const task = state.tasks.get('f1/a')
  expect(task && usageOf(state, task)).toMatchObject({ cpus: 1.5, memoryBytes: 300 })
})

test('since when a task runs is told once, and survives in a snapshot', () => {
  const state = stateWith(commandTask('a', ''))
  for (const timestamp of [7, 9])
    apply(state, {
      type: 'UPDATE',
      task: 'f1/a',
      status: { task_id: { value: 'a' }, state: 'TASK_RUNNING', timestamp },
    })
  expect(snapshotOf(state)).toContainEqual(expect.objectContaining({ runningAtMs: 7000 }))
})

test('two groups of one tier count together; one that is not there counts nothing', () => {
  const busy = { ...idleReading, cpuUserSeconds: 2, memoryBytes: 10 }
  expect(together([busy, undefined, { ...busy, waits: undefined }])).toMatchObject({
    cpuUserSeconds: 4,
    memoryBytes: 20,
    waits: idleReading.waits,
  })
  expect(together([undefined])).toBeUndefined()
})

test('a tier of systemd’s is read where systemd places its slice', () => {
  const mount = temporaryFolder('cgroups')
  const slice = join(mount, 'shoal.slice', 'shoal-revocable.slice')
  mkdirSync(slice, { recursive: true })
  writeFileSync(join(mount, 'cgroup.controllers'), 'cpu memory\n')
  writeFileSync(
    join(slice, 'cpu.stat'),
    'usage_usec 3000000\nuser_usec 2000000\nsystem_usec 1000000\n',
  )
  const cgroups = fileCgroups('/shoal', mount)
  const { tiers } = cgroups.prepare({ driver: 'systemd', cpus: 4 })
  expect(cgroups.read(tiers.revocable ?? '')).toMatchObject({
    cpuUserSeconds: 2,
    cpuSystemSeconds: 1,
  })
})
