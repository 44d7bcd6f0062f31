import { expect, test } from 'vitest'
import { fileCgroups } from '../../src/core-agent/cgroup-files.ts'
import { realAgents, send, until } from '../support/real-agent.ts'

const { cgroupsRoot, create, engineSocket, start, unique } = realAgents()

/** A container that uses all the cpu it gets, in the revocable tier, and its group as the kernel knows it. */
const hog = async () => {
  const rig = await start()
  const name = unique('hog')
  const id = await create(rig, name, ['sh', '-c', 'while :; do :; done'], { revocable: true })
  await send({ port: rig.port }, 'POST', `/engine/containers/${id}/start`)
  const inspect = async () => {
    const { body } = await send({ socketPath: engineSocket() }, 'GET', `/containers/${id}/json`)
    return JSON.parse(body) as { State: { Pid: number; Status: string; ExitCode: number } }
  }
  const cgroups = fileCgroups(cgroupsRoot)
  const group = cgroups.groupOf((await inspect()).State.Pid) ?? ''
  return { rig, name, id, inspect, cgroups, group, tier: `${cgroupsRoot}/revocable` }
}

test('the group of a container is found by its process, and read; its tier with it', async () => {
  const { id, cgroups, group, tier } = await hog()
  expect(group).toBe(`${tier}/${id}`)
  await until(() => (cgroups.read(group)?.cpuUserSeconds ?? 0) > 0.1)
  expect(cgroups.read(group)?.memoryBytes).toBeGreaterThan(0)
  expect(cgroups.read(tier)?.cpuUserSeconds).toBeGreaterThan(0)
  expect(cgroups.details(group)).toMatchObject({ processes: 1, threads: 1 })
  expect(cgroups.read(group)?.anonBytes).toBeLessThanOrEqual(cgroups.read(group)?.memoryBytes ?? 0)
  expect(cgroups.populated(group)).toBe(true)
  expect(cgroups.groupOf(1_000_000_000)).toBeUndefined()
})

test('a bound on the tier holds for all in it; without one nothing is held back', async () => {
  const { cgroups, tier } = await hog()
  cgroups.bound(tier, 0.1)
  await until(() => (cgroups.read(tier)?.throttledPeriods ?? 0) > 2)
  cgroups.bound(tier, undefined)
  const { throttledPeriods = 0 } = cgroups.read(tier) ?? {}
  const { cpuUserSeconds = 0 } = cgroups.read(tier) ?? {}
  await until(() => (cgroups.read(tier)?.cpuUserSeconds ?? 0) > cpuUserSeconds + 0.3)
  expect(cgroups.read(tier)?.throttledPeriods).toBeLessThanOrEqual(throttledPeriods + 1)
})

test('a group is killed with full weight, though its tier is frozen and has next to no cpu', async () => {
  const { rig, name, inspect, cgroups, group, tier } = await hog()
  cgroups.bound(tier, 0.01)
  cgroups.freeze(tier, true)
  cgroups.kill(group, tier)
  await until(() => !cgroups.populated(group))
  cgroups.freeze(tier, false)
  cgroups.bound(tier, undefined)
  cgroups.settle(tier)
  await until(() => rig.master.states(name).at(-1) === 'FAILED')
  expect((await inspect()).State).toMatchObject({ Status: 'exited', ExitCode: 137 })
})
