import { describe, expect, test } from 'vitest'
import { CommandError, type CommandSpec } from '../../../../src/core-agent/command/containers.ts'
import { ModuleContainers } from '../../../../src/core-agent/modules/containerizer.ts'
import type { ModuleKind } from '../../../../src/core-agent/modules/descriptor.ts'
import { moduleIsolator } from '../../../../src/core-agent/modules/isolator.ts'
import { moduleSink } from '../../../../src/core-agent/modules/logger.ts'
import { breakerFailures } from '../../../../src/core-agent/modules/plugin.ts'
import { silent } from '../../../../src/runtime/logger.ts'
import { AgentRig, commandTask, stockFramework } from '../../../support/agent-rig.ts'
import { pluginOf } from '../../../support/modules.ts'
import { SimClock } from '../../../support/sim-clock.ts'

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>

const plugin = (kind: ModuleKind, methods: Methods) => {
  const failurePolicy = kind === 'ContainerLogger' ? 'fail-open' : 'fail-closed'
  return pluginOf({ kind, failurePolicy, methods }, { clock: new SimClock(), logger: silent })
}

const fails = (): unknown => {
  throw new Error('oh')
}

const spec: CommandSpec = {
  containerId: 'c1',
  sandbox: '/s',
  uris: [],
  user: undefined,
  tier: 'regular',
  argv: ['true'],
  environment: new Map([['A', '1']]),
  rlimits: [],
  bounds: {
    cpusMilli: 1000,
    cpuQuotaMicros: 0,
    memoryBytes: 0,
    memorySoftBytes: 0,
    diskBytes: 0,
  },
}

describe('an isolator', () => {
  const isolator = (methods: Methods) => moduleIsolator(plugin('Isolator', methods))

  test('without a method bounds nothing there', async () => {
    const one = isolator({})
    await one.prepare(spec)
    one.update(spec)
    expect([one.isolate(spec), one.usage(spec), one.limitation(spec), one.cleanup(spec)]).toEqual([
      {},
      {},
      undefined,
      true,
    ])
  })

  test('says how a container is bounded, what it uses, and when it has to go', () => {
    const rlimit = { resource: 'nofile', soft: 10, hard: 20 }
    const limitation = { resource: 'disk', message: 'too much' } as const
    const one = isolator({
      isolate: () => ({ groups: ['/g/cgroup.procs'], rlimits: [rlimit] }),
      usage: () => ({ processes: 3, other: 1 }),
      limitation: () => limitation,
      cleanup: () => false,
    })
    expect(one.isolate(spec)).toEqual({ groups: ['/g/cgroup.procs'], rlimits: [rlimit] })
    expect(one.usage(spec)).toEqual({ processes: 3 })
    expect(one.limitation(spec)).toEqual(limitation)
    expect(one.cleanup(spec)).toBe(false)
  })

  test('that cannot prepare or isolate ends the launch', async () => {
    const one = isolator({ prepare: fails, isolate: fails })
    await expect(one.prepare(spec)).rejects.toThrow('module mine: prepare: oh')
    expect(() => one.isolate(spec)).toThrow('module mine: isolate: oh')
  })

  test.each([
    [{ groups: ['relative'] }, 'groups: wanted absolute paths'],
    [{ rlimits: [{ resource: 'NOFILE --x' }] }, 'rlimits[0]: wanted {resource'],
    [{ rlimits: [{ resource: 'nofile', soft: -1 }] }, 'rlimits[0]: wanted {resource'],
    [7, 'wanted an object with groups, rlimits'],
  ])('that isolates by %j ends it too', (answer, problem) => {
    expect(() => isolator({ isolate: () => answer }).isolate(spec)).toThrow(problem)
  })

  test('that fails later is counted, asked again, and bounds nothing', () => {
    const counted = plugin('Isolator', {
      update: fails,
      usage: fails,
      limitation: () => ({ resource: 'cpus' }),
      cleanup: fails,
    })
    const one = moduleIsolator(counted)
    for (let n = 1; n <= 2 * breakerFailures; n += 1) {
      one.update(spec)
      expect([one.usage(spec), one.limitation(spec), one.cleanup(spec)]).toEqual([
        {},
        undefined,
        true,
      ])
    }
    expect(counted.view()).toMatchObject({ failures: 8 * breakerFailures, state: 'active' })
  })
})

describe('a logger', () => {
  const entries = [{ stream: 'stdout', time: '', text: Uint8Array.of(1) }] as const
  const container = { container: 'c', sandbox: '/s' }

  test('gets the output, and its failures hold nothing up', async () => {
    const seen: unknown[] = []
    await moduleSink(plugin('ContainerLogger', { write: (input) => void seen.push(input) }))(
      container,
      entries,
    )
    expect(seen).toEqual([{ ...container, entries }])
    const failing = plugin('ContainerLogger', { write: fails })
    for (let n = 1; n <= 2 * breakerFailures; n += 1) await moduleSink(failing)(container, entries)
    expect(failing.view()).toMatchObject({ calls: breakerFailures, state: 'disabled' })
  })
})

describe('a containerizer', () => {
  type OnExit = (containerId: string, exit: object) => void
  const recorder = (more: Methods = {}) => {
    const calls: string[] = []
    let onExit: OnExit = () => {}
    const methods = {
      watch: (listener: OnExit) => {
        onExit = listener
      },
      launch: ({ containerId }: CommandSpec) => void calls.push(`launch ${containerId}`),
      signal: (id: string, signal: string) => void calls.push(`${signal} ${id}`),
      remove: (id: string) => void calls.push(`remove ${id}`),
      ...more,
    }
    const counted = plugin('Containerizer', methods)
    const containers = new ModuleContainers(counted)
    return { calls, containers, counted, exit: (id: string, exit: object) => onExit(id, exit) }
  }

  test('is given the command as plain data, and tells of its end', async () => {
    const seen: unknown[] = []
    const { containers, exit } = recorder({ launch: (given) => void seen.push(given) })
    const ends: unknown[] = []
    await containers.recover({ onExit: (...end) => void ends.push(end) })
    await containers.launch(spec)
    const { uris: _, ...given } = spec
    expect(seen).toEqual([{ ...given, environment: { A: '1' } }])
    exit('c1', { status: 3 })
    exit('c1', { status: 'x' })
    expect(ends).toEqual([
      ['c1', { status: 3 }],
      ['c1', { status: undefined }],
    ])
  })

  test('that cannot launch leaves nothing, and the framework reads why', async () => {
    const { calls, containers } = recorder({ launch: fails })
    await expect(containers.launch(spec)).rejects.toThrow(CommandError)
    expect(calls).toEqual(['SIGKILL c1', 'remove c1'])
  })

  test('tells what is there of an earlier life, or the agent does not start', async () => {
    const listener = { onExit: () => {} }
    const { containers } = recorder({ recover: async () => ['c0'] })
    expect(await containers.recover(listener)).toEqual(['c0'])
    const { containers: broken } = recorder({ recover: () => 7 })
    await expect(broken.recover(listener)).rejects.toThrow(
      '--containerizers: module mine: recover: wanted a list of container ids',
    )
  })

  test('runs checks in its containers where it can', async () => {
    const command = { argv: ['true'], environment: new Map(), user: undefined }
    const { signal } = new AbortController()
    const { containers } = recorder({ run: async () => 4 })
    expect(await containers.run('c1', command, signal)).toBe(4)
    const { containers: cannot } = recorder()
    await expect(cannot.run('c1', command, signal)).rejects.toThrow(/runs no commands/)
    const { containers: hangs } = recorder({ run: () => new Promise(() => {}) })
    const controller = new AbortController()
    const given = hangs.run('c1', command, controller.signal)
    controller.abort()
    await expect(given).rejects.toThrow(CommandError)
  })

  test('that fails where nobody waits is counted', () => {
    const { containers, counted } = recorder({ signal: fails, update: fails, usage: () => 7 })
    containers.signal('c1', 'SIGTERM')
    containers.update('c1', spec.bounds)
    expect(containers.usage('c1')).toBeUndefined()
    containers.close()
    expect(counted.view().failures).toBe(2)
  })

  test('runs commands in the place of our own', async () => {
    const { calls, containers, exit } = recorder()
    const rig = new AgentRig({ commands: containers })
    await rig.up()
    rig.master.launch(commandTask('t1', 'true'), stockFramework)
    await rig.clock.advance(50)
    const [launched = ''] = calls
    exit(launched.replace('launch ', ''), { status: 0 })
    await rig.clock.advance(50)
    expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
    expect(calls).toEqual([launched, launched.replace('launch', 'remove')])
  })
})
