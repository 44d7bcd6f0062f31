import { existsSync, lstatSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { sandboxPath } from '../../src/core-agent/command/sandbox-path.ts'
import { folderSandboxes } from '../../src/core-agent/sandboxes/folder-sandboxes.ts'
import { SandboxError, type Sandboxes } from '../../src/core-agent/sandboxes/sandboxes.ts'
import { FakeSandboxes } from '../support/fake-sandboxes.ts'

const root = mkdtempSync(join(tmpdir(), 'shoal-sandboxes-'))
afterAll(() => rmSync(root, { recursive: true }))

const run = (containerId: string, executorId = 'job:1', agentId = 'm1-S0') =>
  sandboxPath(root, { agentId, frameworkId: 'f1', executorId, containerId })

interface Kind {
  readonly name: string
  readonly sandboxes: Sandboxes
  readonly exists: (path: string) => boolean
}

const fake = new FakeSandboxes()
const kinds: readonly Kind[] = [
  { name: 'in memory', sandboxes: fake, exists: (path) => fake.made.has(path) },
  { name: 'on disk', sandboxes: folderSandboxes(root), exists: existsSync },
]

describe.each(kinds)('sandboxes $name', ({ sandboxes, exists }) => {
  test('are made, and discarded without a trace', async () => {
    const path = run('c1')
    await sandboxes.make({ path, owner: undefined })
    expect(exists(path)).toBe(true)
    await sandboxes.discard(path)
    expect(exists(path)).toBe(false)
    await sandboxes.discard(path)
  })

  test('a run has one of its own, and no other takes its files', async () => {
    const path = run('c2', 'job:2')
    await sandboxes.make({ path, owner: undefined })
    await expect(sandboxes.make({ path, owner: undefined })).rejects.toThrow(SandboxError)
  })
})

describe.each(kinds)('sandboxes $name', ({ sandboxes, exists }) => {
  test('are found by their runs, and removed', async () => {
    const path = run('g1', 'job:3')
    await sandboxes.make({ path, owner: undefined })
    const find = async () => (await sandboxes.survey()).runs.find((one) => one.path === path)
    const found = await find()
    expect(found).toMatchObject({ path, containerId: 'g1' })
    await sandboxes.touch([path, run('never')])
    expect((await find())?.modifiedMs).toBeGreaterThanOrEqual(found?.modifiedMs ?? Infinity)
    const { diskUsage } = await sandboxes.survey()
    expect(diskUsage).toBeGreaterThanOrEqual(0)
    expect(diskUsage).toBeLessThanOrEqual(1)
    await sandboxes.remove(path)
    expect([exists(path), await find()]).toEqual([false, undefined])
  })
})

describe('sandboxes on disk', () => {
  const sandboxes = folderSandboxes(root)

  test('hold stdout and stderr, belong to whom they are for, and latest leads to the newest', async () => {
    const [first, second] = [run('d1', 'twice'), run('d2', 'twice')]
    await sandboxes.make({ path: first, owner: undefined })
    await sandboxes.make({ path: second, owner: { uid: 1234, gid: 4321 } })
    for (const path of [second, join(second, 'stdout'), join(second, 'stderr')])
      expect(lstatSync(path)).toMatchObject({ uid: 1234, gid: 4321 })
    expect(readlinkSync(join(second, '..', 'latest'))).toBe('d2')
    expect(readlinkSync(join(root, 'slaves', 'latest'))).toBe('m1-S0')
    await sandboxes.discard(second)
    expect(existsSync(first)).toBe(true)
    await sandboxes.discard(first)
    expect(existsSync(join(first, '..', '..'))).toBe(false)
  })

  test('say why one cannot be', async () => {
    writeFileSync(join(root, 'slaves', 'blocked'), '')
    const path = run('e1', 'x', 'blocked')
    await expect(sandboxes.make({ path, owner: undefined })).rejects.toThrow(/ENOTDIR/)
  })
})
