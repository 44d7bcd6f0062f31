import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allowedAgeMs,
  expired,
  mountsBelow,
  type Run,
} from '../../../src/core-agent/sandboxes/collect.ts'
import { AgentRig, dockerTask, stockFramework } from '../../support/agent-rig.ts'

const dayMs = 86_400_000

describe('the age that a run may have (core-agent §3.8)', () => {
  const settings = { gcDelayMs: 7 * dayMs, gcDiskHeadroom: 0.1 }
  test.each([
    { diskUsage: 0, days: 6.3 },
    { diskUsage: 0.4, days: 3.5 },
    { diskUsage: 0.9, days: 0 },
    { diskUsage: 1, days: 0 },
  ])('on a disk that is full by $diskUsage: $days days', ({ diskUsage, days }) => {
    expect(allowedAgeMs({ ...settings, diskUsage })).toBeCloseTo(days * dayMs)
  })

  test('what is in use stays however full the disk is, and who is older never stays longer', () => {
    const runs = fc.uniqueArray(
      fc.record({ containerId: fc.uuid(), modifiedMs: fc.nat(10 * dayMs) }),
      { selector: ({ containerId }) => containerId },
    )
    fc.assert(
      fc.property(runs, fc.double({ min: 0, max: 1, noNaN: true }), (all, diskUsage) => {
        const rows: Run[] = all.map((run) => ({ ...run, path: run.containerId }))
        const inUse = new Set(rows.slice(0, 2).map(({ containerId }) => containerId))
        const gone = expired(rows, { nowMs: 10 * dayMs, ...settings, diskUsage, inUse })
        expect(gone.filter(({ containerId }) => inUse.has(containerId))).toEqual([])
        const youngestGone = Math.max(...gone.map(({ modifiedMs }) => modifiedMs))
        for (const run of rows)
          if (run.modifiedMs <= youngestGone && !inUse.has(run.containerId))
            expect(gone).toContain(run)
      }),
    )
  })
})

test('mount points are found with their odd letters, the deepest first', () => {
  const line = (point: string) => `36 35 98:0 /x ${point} rw,noatime - ext4 /dev/sda rw`
  const text = ['/w/run', '/w/run/a\\040b/c', '/w/run/a\\040b', '/w/runner', '/']
    .map(line)
    .join('\n')
  expect(mountsBelow(text, '/w/run')).toEqual(['/w/run/a b/c', '/w/run/a b', '/w/run'])
})

const ended = async (flags: Readonly<Record<string, string>> = {}) => {
  const rig = await new AgentRig({ flags: { docker_remove_delay: '1mins', ...flags } }).up()
  rig.master.launch(dockerTask('t1', 'sleep 100'), stockFramework)
  await rig.clock.advance(1000)
  expect(rig.sandboxes.made.size).toBe(1)
  return rig
}

test('a sandbox goes when its time is over, which begins with the end of its container', async () => {
  const rig = await ended({ gc_delay: '10mins', gc_disk_headroom: '0' })
  await rig.clock.advance(100_000)
  expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
  await rig.clock.advance(9 * 60_000)
  expect(rig.sandboxes.made.size).toBe(1)
  await rig.clock.advance(4 * 60_000)
  expect(rig.sandboxes.made.size).toBe(0)
})

test('on a full disk it goes as soon as its container is gone, and not before', async () => {
  const rig = await ended()
  rig.sandboxes.diskUsage = 0.95
  await rig.clock.advance(90_000)
  expect(rig.sandboxes.made.size).toBe(1)
  await rig.clock.advance(180_000)
  expect(rig.sandboxes.made.size).toBe(0)
})

test('one in which something stays mounted stays, and is told', async () => {
  const rig = await ended()
  rig.sandboxes.diskUsage = 0.95
  for (const path of rig.sandboxes.made.keys()) rig.sandboxes.mounted.add(path)
  await rig.clock.advance(400_000)
  expect(rig.sandboxes.made.size).toBe(1)
  expect(rig.logged).toContainEqual({
    level: 'warn',
    message: 'a sandbox cannot be removed: it stays',
  })
})

test('output is followed from the start of a container, and again after a restart of the agent', async () => {
  const rig = await ended()
  const [sandbox] = rig.sandboxes.made.keys()
  const [container] = rig.engine.containers.keys()
  const source = { container, sandbox, tty: false }
  expect(rig.logs.followed).toEqual([source])
  await rig.restart()
  expect(rig.logs.followed).toEqual([source, source])
})
