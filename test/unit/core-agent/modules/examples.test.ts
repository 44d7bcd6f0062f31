import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type LoadOptions, loadModules } from '../../../../src/core-agent/modules/load.ts'
import { correctionsOf, estimateOf } from '../../../../src/core-agent/modules/policy-answers.ts'
import { format } from '../../../../src/resources/resources.ts'
import { silent } from '../../../../src/runtime/logger.ts'
import { AgentRig, dockerTask, stockFramework } from '../../../support/agent-rig.ts'
import { nodeSample } from '../../../support/lending.ts'
import { moduleFolder } from '../../../support/modules.ts'
import { SimClock } from '../../../support/sim-clock.ts'

const exampleAt = (file: string) =>
  fileURLToPath(new URL(`../../../../examples/modules/${file}`, import.meta.url))

type Parameters = Readonly<Record<string, string>>
type Chosen = Partial<LoadOptions>

/** The example as a file would have it loaded. */
const loaded = async (file: string, name: string, parameters: Parameters, chosen: Chosen) => {
  const said: object[] = []
  const logger = { ...silent, info: (fields: object) => void said.push(fields) }
  const library = { type: 'file', path: exampleAt(file) } as const
  const entry = { name, library, parameters, worker: undefined, failurePolicy: undefined }
  const clock = new SimClock()
  const modules = await loadModules({
    entries: [entry],
    hooks: [],
    version: '1.2.3',
    workDir: '/w',
    estimator: { name: 'noop' },
    qosController: { name: 'noop' },
    isolation: [],
    containerLogger: undefined,
    commandModule: undefined,
    hostname: 'host-1',
    clock,
    logger,
    ...chosen,
  })
  onTestFinished(() => modules.close())
  return { modules, said, clock }
}

/** An agent that has it as a hook. */
const withHook = async (file: string, name: string, parameters: Parameters = {}) => {
  const { modules, said } = await loaded(file, name, parameters, { hooks: [name] })
  return { modules, said, rig: await new AgentRig({ modules: () => modules }).up() }
}

describe('team-hook.mjs', () => {
  const labels = (team: string) => ({ labels: { labels: [{ key: 'team', value: team }] } })

  test('marks what runs here, and keeps other teams out', async () => {
    const { rig, said } = await withHook('team-hook.mjs', 'example_team_hook', { team: 'web' })
    rig.master.launch(dockerTask('ours', 'exit 0'), stockFramework)
    rig.master.launch({ ...dockerTask('theirs', 'exit 0'), ...labels('batch') }, stockFramework)
    await rig.clock.advance(1000)
    expect(rig.master.states('ours')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
    expect(rig.master.statuses('theirs').map(({ message }) => message)).toEqual([
      'asking the hooks: module example_team_hook: this machine belongs to web, the task to batch',
    ])
    const [container] = rig.engine.containers.values()
    expect(container?.body['Env']).toContain('TEAM=web')
    expect(said).toHaveLength(2)
  })

  test('adds an attribute, and wants its parameter', async () => {
    const { modules } = await withHook('team-hook.mjs', 'example_team_hook', { team: 'web' })
    const machine = { hostname: 'h', resources: [], attributes: [] }
    expect(await modules.hooks.attributes(machine)).toMatchObject([{ name: 'team' }])
    await expect(withHook('team-hook.mjs', 'example_team_hook')).rejects.toThrow(
      'parameter team is missing',
    )
  })
})

test('registry-mirror.mjs takes images from a mirror', async () => {
  const mirror = 'mirror.example:5000'
  const { rig } = await withHook('registry-mirror.mjs', 'example_registry_mirror', { mirror })
  rig.engine.registry.add(`${mirror}/busybox:latest`)
  rig.master.launch(dockerTask('t1', 'sleep 100'), stockFramework)
  await rig.clock.advance(1000)
  expect([...rig.engine.containers.values()].map(({ body }) => body)).toMatchObject([
    { Image: `${mirror}/busybox:latest`, HostConfig: { LogConfig: { Type: 'json-file' } } },
  ])
})

test('half-idle-estimator.mjs lends half of what was idle in the busiest second', async () => {
  const name = 'example_half_idle_estimator'
  const estimator = { name: 'module', module: name } as const
  const { modules } = await loaded('half-idle-estimator.mjs', name, {}, { estimator })
  const ask = (regularCpus: readonly number[], lent: number) =>
    modules.estimator?.call(
      'oversubscribable',
      {
        allocatedRevocable: lent === 0 ? [] : [{ name: 'cpus', scalar: { value: lent } }],
        node: regularCpus.length === 0 ? null : nodeSample({ cpus: 8 }),
        history: regularCpus.map((one) => nodeSample({ regularCpus: one, systemCpus: 0 })),
      },
      { deadlineMs: 5000, decode: (answer) => format(estimateOf(answer)) },
    )
  expect(modules.view()).toMatchObject([{ worker: true }])
  expect(await ask([], 0)).toBe('')
  expect(await ask([1, 4, 2], 0)).toBe('cpus{REV}:2')
  expect(await ask([1, 4, 2], 1.5)).toBe('cpus{REV}:0.5')
  expect(await ask([1, 4, 2], 3)).toBe('')
})

test('heat-controller.mjs throttles when it is warm and freezes when it is hot', async () => {
  const files = moduleFolder(onTestFinished)
  const name = 'example_heat_controller'
  const file = files.write('temp', '20000')
  const qosController = { name: 'module', module: name } as const
  const { modules } = await loaded('heat-controller.mjs', name, { file }, { qosController })
  const decide = (degrees: number) => {
    files.write('temp', `${degrees * 1000}`)
    const decode = correctionsOf(name)
    return modules.controller?.call('corrections', {}, { deadlineMs: 5000, decode })
  }
  expect(await decide(40)).toMatchObject({ level: 'run', frozen: false, closeForMs: 0 })
  expect(await decide(80)).toMatchObject({
    level: 'throttle',
    quotaCpus: 0.5,
    closeForMs: 60_000,
    cause: { signal: 'heat', value: 80, threshold: 75 },
  })
  expect(await decide(95)).toMatchObject({ level: 'freeze', frozen: true, closeForMs: 300_000 })
})

const contained = {
  containerId: 'c1',
  tier: 'regular',
  rlimits: [],
  bounds: { cpusMilli: 1, cpuQuotaMicros: 0, memoryBytes: 0, memorySoftBytes: 0, diskBytes: 0 },
} as const

test('file-count-isolator.mjs bounds open files and entries of the sandbox', async () => {
  const files = moduleFolder(onTestFinished)
  const name = 'example_file_count_isolator'
  const isolation = ['cgroups/cpu', name]
  const parameters = { open: '64', entries: '1' }
  const { modules } = await loaded('file-count-isolator.mjs', name, parameters, { isolation })
  const isolator = modules.isolators?.get(name)
  const container = { ...contained, sandbox: files.folder }
  expect(isolator?.isolate(container)).toMatchObject({
    rlimits: [{ resource: 'nofile', soft: 64, hard: 64 }],
  })
  files.write('a', '')
  expect(isolator?.limitation(container)).toBeUndefined()
  files.write('b', '')
  expect(isolator?.limitation(container)).toEqual({
    resource: 'disk',
    message: '2 entries in the sandbox exceed 1',
  })
})

test('json-lines-logger.mjs gathers output in one file', async () => {
  const files = moduleFolder(onTestFinished)
  const name = 'example_json_lines_logger'
  const file = join(files.folder, 'out')
  const { modules } = await loaded(
    'json-lines-logger.mjs',
    name,
    { file },
    { containerLogger: name },
  )
  const entry = { stream: 'stderr', time: 'now', text: Buffer.from('hello\n') } as const
  await modules.sink?.({ container: 'c1', sandbox: '/s' }, [entry, entry])
  const line = '{"time":"now","container":"c1","stream":"stderr","message":"hello"}\n'
  expect(readFileSync(file, 'utf8')).toBe(line + line)
})

describe('child-containerizer.mjs', () => {
  const start = async () => {
    const files = moduleFolder(onTestFinished)
    const name = 'example_child_containerizer'
    const { modules } = await loaded('child-containerizer.mjs', name, {}, { commandModule: name })
    const ends = new EventEmitter()
    const { containers } = modules
    onTestFinished(() => containers?.close())
    await containers?.recover({ onExit: (id, exit) => void ends.emit(id, exit) })
    const launch = (command: string) =>
      containers?.launch({
        ...contained,
        sandbox: join(files.folder, 'sandbox'),
        uris: [],
        user: undefined,
        argv: ['/bin/sh', '-c', command],
        environment: new Map([['A', 'x']]),
      })
    return { containers, ends, launch, files }
  }

  test('runs a command in its sandbox, and tells of its end', async () => {
    const { containers, ends, files, launch } = await start()
    const ended = once(ends, 'c1')
    await launch('echo $A; exit 3')
    expect(await ended).toEqual([{ status: 3 }])
    expect(readFileSync(join(files.folder, 'sandbox/stdout'), 'utf8')).toBe('x\n')
    containers?.remove('c1')
  })

  test('kills it with what it has started', async () => {
    const { containers, ends, launch } = await start()
    const ended = once(ends, 'c1')
    await launch('sleep 1000 & wait')
    containers?.signal('c1', 'SIGKILL')
    expect(await ended).toEqual([{ status: 137 }])
    containers?.signal('c1', 'SIGKILL')
  })
})
