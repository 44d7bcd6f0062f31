import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removeEmptyCgroups } from '../../src/cli/cgroups.ts'
import type { CommandExit, CommandSpec } from '../../src/core-agent/command/containers.ts'
import { isolatorNames, makeIsolators } from '../../src/core-agent/command/isolators/index.ts'
import {
  measureFolder,
  ProcessContainers,
} from '../../src/core-agent/command/process-containers.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { commandsContract } from '../support/commands-contract.ts'

const newHost = (options: { readonly enforceDiskQuota?: boolean } = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-commands-'))
  const group = folder.split('/').at(-1) ?? ''
  return {
    group,
    open: () =>
      new ProcessContainers({
        folder: join(folder, 'containers'),
        isolators: makeIsolators(isolatorNames, {
          cgroupsRoot: `/${group}`,
          measure: measureFolder,
          enforceDiskQuota: options.enforceDiskQuota ?? false,
        }),
        clock: systemClock,
        diskIntervalMs: 50,
      }),
    until: <T>(promise: Promise<T>) => promise,
    sandbox: (id: string) => join(folder, 'sandboxes', id),
    dispose: () => {
      removeEmptyCgroups(group)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

commandsContract('the command containerizer of this machine', newHost)

const free = { cpusMilli: 100, cpuQuotaMicros: 0, memoryBytes: 0, memorySoftBytes: 0, diskBytes: 0 }

const spec = (host: ReturnType<typeof newHost>, id: string, line: string): CommandSpec => ({
  uris: [],
  containerId: id,
  sandbox: host.sandbox(id),
  user: undefined,
  tier: 'regular',
  argv: ['/bin/sh', '-c', line],
  environment: new Map([['PATH', '/usr/bin:/bin']]),
  rlimits: [],
  bounds: free,
})

/** Launches each, waits for all ends, and removes them. */
const runAll = async (
  host: ReturnType<typeof newHost>,
  specs: readonly CommandSpec[],
  launched: (containers: ProcessContainers, one: CommandSpec) => void = () => {},
): Promise<ReadonlyMap<string, CommandExit>> => {
  const exits = new Map<string, CommandExit>()
  const containers = host.open()
  await new Promise<void>((resolve, reject) => {
    const onExit = (id: string, exit: CommandExit) => {
      exits.set(id, exit)
      containers.remove(id)
      if (exits.size === specs.length) resolve()
    }
    containers
      .recover({ onExit })
      .then(() =>
        Promise.all(
          specs.map(async (one) => {
            await containers.launch(one)
            launched(containers, one)
          }),
        ),
      )
      .catch(reject)
  })
  containers.close()
  return exits
}

test('the command sees its user, its limits, its variables as they are, and only its own processes', async () => {
  const host = newHost()
  const one = {
    ...spec(host, 'a', 'id -un; ulimit -n; printf "%s\\n" "$ODD"; echo "$$"; pwd; echo oops >&2'),
    user: 'nobody',
    rlimits: [{ resource: 'nofile', soft: 100, hard: 200 }],
    environment: new Map([
      ['PATH', '/usr/bin:/bin'],
      ['ODD', `it's "$HOME" \`id\` \\ %s`],
    ]),
  }
  expect(await runAll(host, [one])).toEqual(new Map([['a', { status: 0 }]]))
  expect(readFileSync(join(one.sandbox, 'stdout'), 'utf8').split('\n')).toEqual([
    'nobody',
    '100',
    `it's "$HOME" \`id\` \\ %s`,
    '2',
    one.sandbox,
    '',
  ])
  expect(readFileSync(join(one.sandbox, 'stderr'), 'utf8')).toBe('oops\n')
  host.dispose()
})

test('after fifty launches and kills no control group and no file of theirs is left', async () => {
  const host = newHost()
  const ids = Array.from({ length: 50 }, (_, index) => `c${index}`)
  for (let begin = 0; begin < ids.length; begin += 10) {
    const specs = ids.slice(begin, begin + 10).map((id) => spec(host, id, 'sleep 1000'))
    const exits = await runAll(host, specs, (containers, { containerId }) =>
      containers.signal(containerId, 'SIGKILL'),
    )
    expect([...exits.values()]).toEqual(specs.map(() => ({ status: 137 })))
  }
  // What was still emptying when the last life closed is cleaned up by the next.
  await runAll(host, [spec(host, 'last', 'true')])
  const trees = readdirSync('/sys/fs/cgroup').map((tree) => `/sys/fs/cgroup/${tree}`)
  const left = ['/sys/fs/cgroup', ...trees].flatMap((tree) => {
    try {
      return readdirSync(join(tree, host.group, 'regular'), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
    } catch {
      return []
    }
  })
  expect(left).toEqual([])
  host.dispose()
})

test('a sandbox beyond its disk resource ends its container where the quota is enforced', async () => {
  const host = newHost({ enforceDiskQuota: true })
  const line = 'head -c 3000000 /dev/zero >file; sleep 1000'
  const exits = await runAll(host, [
    { ...spec(host, 'a', line), bounds: { ...free, diskBytes: 1024 ** 2 } },
  ])
  expect(exits.get('a')).toMatchObject({
    status: 137,
    limitation: {
      resource: 'disk',
      message: expect.stringMatching(/^Disk usage \(\dMB\) exceeds quota \(1MB\)$/),
    },
  })
  host.dispose()
})

test('bounds of a container that runs are raised, its hard bound of memory never lowered', async () => {
  const host = newHost()
  const mib = 1024 ** 2
  const limits: string[] = []
  const file = ['memory.limit_in_bytes', 'memory.max'].map((name) =>
    ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'].map((tree) =>
      join(tree, host.group, 'regular', 'a', name),
    ),
  )
  const limit = () => {
    const path = file.flat().find((one) => existsSync(one))
    return path === undefined ? '' : readFileSync(path, 'utf8').trim()
  }
  const one = { ...spec(host, 'a', 'sleep 1000'), bounds: { ...free, memoryBytes: 64 * mib } }
  await runAll(host, [one], (containers, { containerId }) => {
    limits.push(limit())
    containers.update(containerId, { ...free, memoryBytes: 96 * mib, cpuQuotaMicros: 50_000 })
    limits.push(limit())
    containers.update(containerId, { ...free, memoryBytes: 32 * mib })
    limits.push(limit())
    containers.signal(containerId, 'SIGKILL')
  })
  expect(limits).toEqual([64, 96, 96].map((amount) => String(amount * mib)))
  host.dispose()
})

test('another command of a container sees what the container sees: its processes, its sandbox, its bounds', async () => {
  const host = newHost()
  const containers = host.open()
  try {
    await containers.recover({ onExit: () => {} })
    const one = spec(host, '00000000-0000-4000-8000-00000000c0de', 'echo $$ >pid; sleep 1000')
    await containers.launch(one)
    const run = (line: string) =>
      containers.run(
        one.containerId,
        { argv: ['/bin/sh', '-c', line], environment: one.environment, user: undefined },
        new AbortController().signal,
      )
    const seen =
      'test "$(ps -o pid= | wc -l)" -lt 10 && cat /proc/self/cgroup >groups && pwd >where'
    expect(await run(seen)).toBe(0)
    const read = (name: string) => readFileSync(join(host.sandbox(one.containerId), name), 'utf8')
    expect(read('where').trim()).toBe(host.sandbox(one.containerId))
    expect(read('groups')).toContain(one.containerId)
    containers.signal(one.containerId, 'SIGKILL')
  } finally {
    containers.close()
    host.dispose()
  }
})
