import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, inject, test, vi } from 'vitest'
import { removeEmptyCgroups } from '../../src/cli/cgroups.ts'
import { parseAgentConfig } from '../../src/core-agent/config.ts'
import { startAgent } from '../../src/core-agent/main.ts'
import { folderSandboxes } from '../../src/core-agent/sandboxes/folder-sandboxes.ts'
import { CloseStack } from '../../src/runtime/close-stack.ts'
import { createServer, listen, mount } from '../../src/runtime/http-server.ts'
import { commandTask, dockerTask, ScriptedMaster, stockFramework } from '../support/agent-rig.ts'

const { socket: engineSocket } = inject('engine')
const cgroupsRoot = `/shoal-sandboxes-${process.pid}`
const folder = mkdtempSync(join(tmpdir(), 'shoal-sandboxes-'))
let stack = new CloseStack()

afterEach(async () => {
  await stack.close()
  stack = new CloseStack()
})

afterAll(() => {
  removeEmptyCgroups(cgroupsRoot)
  rmSync(folder, { recursive: true })
})

const until = (holds: () => boolean) =>
  vi.waitFor(() => expect(holds()).toBe(true), { timeout: 20_000, interval: 20 })

/** A real agent on the tests' engine that removes containers and sandboxes at once. */
const start = async (id: string) => {
  const master = new ScriptedMaster()
  master.givesId = id
  const app = createServer()
  mount(app, master.application, { bodyLimitBytes: 1e7 })
  const { port } = await listen(app, { host: '127.0.0.1', port: 0 })
  stack.push(() => app.close())
  const flags = {
    master: `127.0.0.1:${port}`,
    port: '0',
    work_dir: join(folder, id),
    docker: `unix://${engineSocket}`,
    resources: 'cpus:4;mem:1024',
    cgroups_root: cgroupsRoot,
    containerizers: 'docker,mesos',
    registration_backoff_factor: '1ms',
    docker_remove_delay: '3secs',
    gc_delay: '0ns',
    disk_watch_interval: '500ms',
  }
  const given = Object.entries(flags).map(([name, value]) => [name, [value]])
  const config = parseAgentConfig(
    Object.fromEntries(given) as Record<string, readonly string[]>,
    {},
  )
  const agent = await startAgent(config)
  stack.push(() => agent.close())
  await until(() => master.ofType('SUBSCRIBE').length > 0)
  const launch = (name: string, script: string, uri: string, make = dockerTask) => {
    const task = make(name, script)
    const command = { ...task.command, uris: [{ value: uri }] }
    master.launch({ ...task, command, agent_id: { value: id } }, stockFramework)
  }
  const read = async (name: string, file: string) => {
    const path = encodeURIComponent(`/frameworks/f2/executors/${name}/latest/${file}`)
    const url = `http://127.0.0.1:${agent.port}/files/read?path=${path}&offset=0`
    const answer = await fetch(url)
    return answer.ok ? ((await answer.json()) as { data: string }).data : answer.status
  }
  return { master, launch, read, executors: join(folder, id, 'slaves', id) }
}

test('a task sees what was fetched for it, its output is read by /files/read, and its sandbox goes', async () => {
  const source = join(folder, 'source')
  mkdirSync(join(source, 'data'), { recursive: true })
  writeFileSync(join(source, 'data', 'words'), 'fetched words')
  execFileSync('tar', ['-czf', join(folder, 'data.tgz'), '-C', source, 'data'])
  const name = `job:${process.pid}`
  const rig = await start(`sandbox-${process.pid}-S1`)
  const script =
    'cat $MESOS_SANDBOX/data/words; echo oops >&2; echo made > $MESOS_SANDBOX/made; sleep 2'
  rig.launch(name, script, `file://${join(folder, 'data.tgz')}`)
  await vi.waitFor(
    async () => {
      expect(await rig.read(name, 'stdout')).toBe('fetched words')
      expect(await rig.read(name, 'stderr')).toBe('oops\n')
      expect(await rig.read(name, 'made')).toBe('made\n')
    },
    { timeout: 20_000, interval: 50 },
  )
  await until(() => rig.master.states(name).includes('FINISHED'))
  await until(() => readdirSync(rig.executors).length === 0)
  expect(await rig.read(name, 'stdout')).toBe(404)
})

test('a command sees what was fetched for it', async () => {
  const source = join(folder, 'words')
  writeFileSync(source, 'fetched words')
  const name = `command-${process.pid}`
  const rig = await start(`sandbox-${process.pid}-S3`)
  rig.launch(name, 'test "$(cat words)" = "fetched words"', source, commandTask)
  await until(() => rig.master.states(name).includes('FINISHED'))
})

test('a hostile archive fails the task, and leaves neither container nor sandbox', async () => {
  writeFileSync(join(folder, 'outside'), '')
  mkdirSync(join(folder, 'sub'))
  const archive = join(folder, 'evil.tar')
  execFileSync('tar', ['-cPf', archive, '-C', join(folder, 'sub'), '../outside'])
  const name = `evil-${process.pid}`
  const rig = await start(`sandbox-${process.pid}-S2`)
  rig.launch(name, 'true', archive)
  await until(() => rig.master.states(name).includes('FAILED'))
  expect(rig.master.statuses(name).at(-1)).toMatchObject({
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
    message: `fetching files: URI '${archive}': the archive holds '../outside', which leaves the sandbox`,
  })
  expect(existsSync(rig.executors) ? readdirSync(rig.executors) : []).toEqual([])
})

test('what is mounted in a sandbox is unmounted, never deleted (MESOS-9352)', async () => {
  const run = join(folder, 'w/slaves/a/frameworks/f/executors/e/runs/c')
  const volume = join(folder, 'volume')
  mkdirSync(volume)
  writeFileSync(join(volume, 'precious'), '')
  const sandboxes = folderSandboxes(join(folder, 'w'))
  await sandboxes.make({ path: run, owner: undefined })
  mkdirSync(join(run, 'a b'))
  execFileSync('/bin/sh', ['-c', 'mount --bind "$0" "$1"', volume, join(run, 'a b')])
  await sandboxes.remove(run)
  expect([existsSync(run), readdirSync(volume)]).toEqual([false, ['precious']])
})
