import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fileCgroups } from '../../../src/core-agent/cgroup-files.ts'
import { EngineUnavailableError } from '../../../src/core-agent/docker/engine.ts'
import { JsonLines } from '../../../src/core-agent/docker/json-lines.ts'
import { Limiter } from '../../../src/core-agent/docker/limiter.ts'
import { fixedEstimator } from '../../../src/core-agent/estimator/fixed.ts'
import { noopEstimator } from '../../../src/core-agent/estimator/noop.ts'
import {
  clampVersion,
  engineRoute,
  withLabels,
} from '../../../src/core-agent/http/engine-routes.ts'
import { maxBufferedBytes, Watchers } from '../../../src/core-agent/http/watchers.ts'
import { loadController } from '../../../src/core-agent/qos/load.ts'
import { noopController } from '../../../src/core-agent/qos/noop.ts'
import { finalNews } from '../../../src/core-agent/tasks/end.ts'
import type { LoadAverage } from '../../../src/core-agent/usage/sample.ts'
import { type FrameworkId, id } from '../../../src/mesos/ids.ts'
import { parseResources } from '../../../src/resources/parse.ts'
import { as, format, none, plus } from '../../../src/resources/resources.ts'
import { bodyTask, frontend, stockFramework } from '../../support/agent-rig.ts'
import { SimClock, settle } from '../../support/sim-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const lent = (text: string) => as(parseResources(text).resources, 'revocable')

describe('estimators (core-agent §6)', () => {
  test.each([
    { allocated: 'cpus:0', additional: 'cpus{REV}:4', total: 'cpus{REV}:4' },
    { allocated: 'cpus:2', additional: 'cpus{REV}:2', total: 'cpus{REV}:4' },
    { allocated: 'cpus:6', additional: '', total: 'cpus{REV}:6' },
    { allocated: 'mem:64', additional: 'cpus{REV}:4', total: 'cpus{REV}:4; mem{REV}:64' },
  ])('fixed 4 with $allocated allocated: $total in all', ({ allocated, additional, total }) => {
    const estimator = fixedEstimator(parseResources('cpus:4').resources)
    const allocatedRevocable = lent(allocated)
    const answer = estimator.oversubscribable({ atMs: 0, allocatedRevocable })
    expect(format(answer)).toBe(additional)
    expect(format(plus(allocatedRevocable, answer))).toBe(total)
  })

  test('noop lends nothing, and says so', () => {
    expect(noopEstimator.oversubscribable({ atMs: 0, allocatedRevocable: lent('cpus:1') })).toEqual(
      none,
    )
  })
})

const loaded = (load: LoadAverage, names: readonly string[]) => ({
  atMs: 0,
  load,
  sample: undefined,
  revocable: names.map((victim) => ({
    victim,
    requestCpus: 1,
    requestMemoryBytes: 0,
    ageMs: 0,
    cost: 1,
    usage: undefined,
  })),
})

describe('QoS controllers (core-agent §6)', () => {
  const both = loadController({ fiveMinutes: 8, fifteenMinutes: 4 })
  test.each([
    { name: 'the 1 minute average is not asked', load: [99, 8, 4] as const, signal: undefined },
    { name: '5 minutes', load: [0, 8.1, 0] as const, signal: 'load_5min' },
    { name: '15 minutes', load: [0, 0, 4.1] as const, signal: 'load_15min' },
  ])('load: $name', ({ load, signal }) => {
    const { kills, closeForMs } = both.decide(loaded(load, ['a', 'b']))
    expect(kills.map(({ victim }) => victim)).toEqual(signal === undefined ? [] : ['a', 'b'])
    expect(kills[0]?.signal).toBe(signal)
    expect(closeForMs).toBe(0)
  })

  test('a threshold that was not given is never exceeded', () => {
    const controller = loadController({ fifteenMinutes: 4 })
    expect(controller.decide(loaded([99, 99, 1], ['a'])).kills).toEqual([])
  })

  test('noop takes nothing back', () => {
    expect(noopController.decide(loaded([99, 99, 99], ['a']))).toMatchObject({
      level: 'run',
      quotaCpus: undefined,
      kills: [],
    })
  })
})

describe('how a task ended (core-agent §3.3, §6)', () => {
  const exit = (code: number, oomKilled = false) => ({ code, oomKilled, error: '' })
  const killed = { cause: 'killed', by: 'master', message: 'Killed before it was started' } as const
  const preempted = { cause: 'preempted', by: 'agent', message: 'Container preempted' } as const
  const overdue = { cause: 'overdue', by: 'agent', message: 'Too late' } as const
  const resources = parseResources('cpus:1;mem:64').resources
  test.each([
    {
      name: 'its time over, code 0',
      ending: overdue,
      exit: exit(0),
      want: {
        state: 'TASK_FAILED',
        reason: 'REASON_MAX_COMPLETION_TIME_REACHED',
        message: 'Too late',
      },
    },
    {
      name: 'out of memory above its request',
      limits: { mem: { value: 128 } },
      exit: exit(137, true),
      want: { message: 'Container exited with status 137: out of memory, its limit is 128 MiB' },
    },
    {
      name: 'out of memory without a limit',
      limits: { mem: { value: Infinity } },
      exit: exit(137, true),
      want: { message: /out of memory, though it has no limit/ },
    },
    {
      name: 'code 0',
      exit: exit(0),
      want: { state: 'TASK_FINISHED', message: 'Container exited with status 0' },
    },
    {
      name: 'another code',
      exit: exit(3),
      want: { state: 'TASK_FAILED', message: 'Container exited with status 3' },
    },
    {
      name: 'killed, code 0',
      ending: killed,
      exit: exit(0),
      want: { state: 'TASK_KILLED', message: 'Container exited with status 0' },
    },
    {
      name: 'killed and out of memory',
      ending: killed,
      exit: exit(137, true),
      want: { state: 'TASK_KILLED' },
    },
    {
      name: 'out of memory',
      exit: exit(137, true),
      want: { state: 'TASK_FAILED', reason: 'REASON_CONTAINER_LIMITATION_MEMORY' },
    },
    {
      name: 'a child out of memory, code 0',
      exit: exit(0, true),
      want: { state: 'TASK_FINISHED' },
    },
    {
      name: 'killed before it ran',
      ending: killed,
      exit: undefined,
      want: { state: 'TASK_KILLED', reason: 'REASON_TASK_KILLED_DURING_LAUNCH' },
    },
    {
      name: 'vanished',
      exit: undefined,
      want: { state: 'TASK_FAILED', reason: 'REASON_EXECUTOR_TERMINATED' },
    },
    {
      name: 'preempted, code 0',
      ending: preempted,
      exit: exit(0),
      want: { state: 'TASK_GONE', reason: 'REASON_CONTAINER_PREEMPTED' },
    },
    {
      name: 'preempted, out of memory',
      ending: preempted,
      exit: exit(137, true),
      want: { state: 'TASK_GONE' },
    },
    {
      name: 'preempted, not partition aware',
      ending: preempted,
      exit: exit(137),
      framework: stockFramework,
      want: { state: 'TASK_LOST', reason: 'REASON_CONTAINER_PREEMPTED' },
    },
  ])('$name', ({ ending, exit, limits, framework = frontend, want }) => {
    const info = { ...bodyTask('t', []), limits }
    const news = finalNews({ ending, info, resources, state: 'TASK_STARTING' }, exit, framework)
    const { message = /^/, ...rest } = want
    expect(news).toMatchObject(rest)
    expect(news.message).toMatch(message)
  })
})

describe('the engine endpoint’s table (docker-frontend §2.5)', () => {
  const full = 'f'.repeat(64)
  test.each([
    {
      request: 'POST /containers/web/attach?stream=1',
      owner: 'container',
      path: `/containers/${full}/attach?stream=1`,
      hijacked: true,
    },
    {
      request: 'GET /containers/web/logs?follow=1',
      owner: 'container',
      path: `/containers/${full}/logs?follow=1`,
    },
    {
      request: 'GET /containers/web/attach/ws',
      owner: 'container',
      path: `/containers/${full}/attach/ws`,
    },
    {
      request: 'PUT /containers/web/archive?path=%2Fa',
      owner: 'container',
      path: `/containers/${full}/archive?path=%2Fa`,
    },
    {
      request: 'POST /containers/web/pause',
      owner: 'container',
      path: `/containers/${full}/pause`,
    },
    { request: 'POST /exec/e1/start', owner: 'exec', path: '/exec/e1/start', hijacked: true },
    { request: 'GET /exec/e1/json', owner: 'exec', path: '/exec/e1/json' },
    {
      request: 'POST /commit?container=web&repo=r',
      owner: 'container',
      path: `/commit?container=${full}&repo=r`,
    },
    { request: 'GET /events?since=1', owner: 'filter', path: '/events?since=1' },
    { request: 'POST /containers/prune', owner: 'filter', path: '/containers/prune' },
    { request: 'GET /images/json', owner: 'nobody', path: '/images/json' },
    {
      request: 'GET /images/host:5000/a/b/json',
      owner: 'nobody',
      path: '/images/host:5000/a/b/json',
    },
    { request: 'POST /build?t=x', owner: 'nobody', path: '/build?t=x' },
    { request: 'GET /networks', owner: 'nobody', path: '/networks' },
    { request: 'HEAD /_ping', owner: 'nobody', path: '/_ping' },
  ])('$request is relayed', ({ request, owner, path, hijacked = false }) => {
    const [method = '', url = ''] = request.split(' ')
    const route = engineRoute(method, url)
    if (route.kind !== 'relay') throw new Error(route.kind)
    expect({ owner: route.owner.by, path: route.path(full), hijacked: route.hijacked }).toEqual({
      owner,
      path,
      hijacked,
    })
  })

  test.each([
    {
      request: 'POST /containers/web/stop?t=3',
      want: { kind: 'change', change: { type: 'stop', timeoutSeconds: 3 } },
    },
    {
      request: 'POST /containers/web/stop?t=-1',
      want: { change: { type: 'stop', timeoutSeconds: -1 } },
    },
    { request: 'POST /containers/web/stop', want: { change: { type: 'stop' } } },
    {
      request: 'POST /containers/web/stop?t=3&signal=SIGINT',
      want: { change: { type: 'stop', timeoutSeconds: 3, signal: 'SIGINT' } },
    },
    {
      request: 'POST /containers/web/restart?signal=SIGINT',
      want: { change: { type: 'restart', signal: 'SIGINT' } },
    },
    { request: 'POST /containers/web/kill', want: { change: { type: 'kill', signal: 'SIGKILL' } } },
    {
      request: 'POST /containers/web/kill?signal=HUP',
      want: { change: { type: 'kill', signal: 'HUP' } },
    },
    {
      request: 'DELETE /containers/web?force=1&v=0',
      want: { change: { type: 'remove', force: true, volumes: false } },
    },
    {
      request: 'DELETE /containers/web?force=False',
      want: { change: { type: 'remove', force: false } },
    },
    { request: 'POST /containers/web/update', want: { kind: 'update' } },
    {
      request: 'GET /containers/web/json?size=1',
      want: { kind: 'inspect', container: 'web', size: true },
    },
    { request: 'GET /containers/json', want: { kind: 'list' } },
    {
      request: 'POST /networks/n/connect',
      want: { kind: 'network-member', network: 'n', action: 'connect' },
    },
    { request: 'POST /containers/create', want: { kind: 'refused', status: 403 } },
    { request: 'GET /swarm', want: { kind: 'refused', status: 403 } },
    { request: 'GET /plugins', want: { kind: 'refused', status: 403 } },
    { request: 'GET /containers/web', want: { kind: 'refused', status: 404 } },
    { request: 'PATCH /containers/web/json', want: { kind: 'refused', status: 404 } },
  ])('$request is answered by the agent', ({ request, want }) => {
    const [method = '', url = ''] = request.split(' ')
    expect(engineRoute(method, url)).toMatchObject(want)
  })

  test.each([
    ['1.24', '1.24'],
    ['1.44', '1.41'],
    ['1.9', '1.12'],
    [undefined, undefined],
  ])('version %s becomes %s', (asked, want) => {
    expect(clampVersion(asked, { minApiVersion: '1.12', apiVersion: '1.41' })).toBe(want)
  })

  test('owner labels are added to the client’s filters, in both forms of the API', () => {
    const filtersOf = (url: string) =>
      JSON.parse(new URLSearchParams(withLabels(url, ['own=1']).split('?')[1]).get('filters') ?? '')
    expect(filtersOf('/events')).toEqual({ label: ['own=1'] })
    expect(filtersOf('/events?filters={"label":["a"],"type":["container"]}')).toEqual({
      label: ['a', 'own=1'],
      type: ['container'],
    })
    expect(filtersOf('/events?filters={"label":{"a":true}}')).toEqual({ label: ['a', 'own=1'] })
    expect(filtersOf('/events?filters=nonsense')).toEqual({ label: ['own=1'] })
  })

  test.each([
    { filters: {}, by: 'filter' },
    { filters: { type: ['container'] }, by: 'filter' },
    { filters: { type: ['container', 'image'] }, by: 'filter' },
    { filters: { type: ['image', 'volume'] }, by: 'nobody' },
    { filters: { type: { network: true } }, by: 'nobody' },
    { filters: { type: [] }, by: 'filter' },
  ])('events with the filters $filters are seen by $by', ({ filters, by }) => {
    const url = `/events?filters=${encodeURIComponent(JSON.stringify(filters))}`
    expect(engineRoute('GET', url)).toMatchObject({ kind: 'relay', owner: { by } })
  })

  test('any request line has a route, and none throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.webPath(), (method, path) => {
        expect(engineRoute(method, path).kind).toBeTypeOf('string')
      }),
    )
  })
})

describe('bounds', () => {
  test('a watcher that takes nothing is ended at its bound', () => {
    const watchers = new Watchers(new SimClock())
    let [ended, written] = [false, 0]
    const outflow = {
      write: (bytes: Uint8Array) => void (written += bytes.byteLength),
      bufferedBytes: () => written,
      end: () => void (ended = true),
      onClose: () => {},
    }
    const framework = id<FrameworkId>('f1')
    watchers.open({ peer: '', reply: () => {}, open: () => outflow }, framework, {
      type: 'HEARTBEAT',
    })
    const event = { filler: 'x'.repeat(1024 ** 2) }
    for (let times = 0; times < 100; times += 1)
      watchers.publish(framework, { type: 'EVENT', event })
    expect(ended).toBe(true)
    expect(written).toBeLessThan(maxBufferedBytes + 2 * 1024 ** 2)
  })

  test('a limiter runs so many at a time, in order, and frees the place of what failed', async () => {
    const limiter = new Limiter(2)
    const [started, finish]: [number[], ((fail: boolean) => void)[]] = [[], []]
    const runs = [0, 1, 2, 3].map((n) =>
      limiter
        .run(() => {
          started.push(n)
          return new Promise<void>((resolve, reject) =>
            finish.push((fail) => (fail ? reject(new Error('failed')) : resolve())),
          )
        })
        .catch(() => 'failed'),
    )
    await settle()
    expect(started).toEqual([0, 1])
    finish[0]?.(true)
    await settle()
    expect(started).toEqual([0, 1, 2])
    for (const n of [1, 2]) finish[n]?.(false)
    await settle()
    finish[3]?.(false)
    expect(await Promise.all(runs)).toEqual(['failed', undefined, undefined, undefined])
  })

  test('a limiter refuses what would wait behind ten thousand others, as an engine that does not answer', async () => {
    const limiter = new Limiter(1)
    let finish = () => {}
    const runs = [limiter.run(() => new Promise<void>((resolve) => (finish = resolve)))]
    for (let n = 0; n < 10_000; n += 1) runs.push(limiter.run(() => Promise.resolve()))
    await expect(limiter.run(() => Promise.resolve())).rejects.toThrow(EngineUnavailableError)
    finish()
    await Promise.all(runs)
  })

  test('JSON lines are cut wherever the chunks fall', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 9 }), (values, size) => {
        const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
        const lines = new JsonLines()
        const read: unknown[] = []
        for (let at = 0; at < bytes.length; at += size)
          read.push(...lines.push(bytes.subarray(at, at + size)))
        expect(JSON.stringify(read)).toEqual(JSON.stringify(values))
      }),
    )
  })

  test('a line of an engine without end is refused', () => {
    const lines = new JsonLines()
    const chunk = Buffer.alloc(1024 ** 2, 'x')
    expect(() => {
      for (let times = 0; times < 10; times += 1) lines.push(chunk)
    }).toThrow(/beyond/)
  })
})

describe('cgroup files (design decision 5, core-agent §7.3)', () => {
  const mount = () => temporaryFolder('cgroup')
  const read = (...path: string[]) => readFileSync(join(...path), 'utf8')

  test('v1: weights by CPUs; the least shares where the kernel has no cpu.idle', () => {
    const root = mount()
    const answer = fileCgroups('/shoal', root).prepare({ driver: 'cgroupfs', cpus: 4 })
    expect(answer).toEqual({ tiers: { regular: '/shoal/regular', revocable: '/shoal/revocable' } })
    expect(read(root, 'cpu/shoal/cpu.shares')).toBe('4096')
    expect(read(root, 'cpu/shoal/regular/cpu.shares')).toBe('4096')
    expect(read(root, 'cpu/shoal/revocable/cpu.shares')).toBe('2')
  })

  test('v1 with cpu.idle: the revocable tier runs only on idle CPUs', () => {
    const root = mount()
    mkdirSync(join(root, 'cpu/shoal/revocable'), { recursive: true })
    writeFileSync(join(root, 'cpu/shoal/revocable/cpu.idle'), '0')
    fileCgroups('/shoal', root).prepare({ driver: 'cgroupfs', cpus: 4 })
    expect(read(root, 'cpu/shoal/revocable/cpu.idle')).toBe('1')
  })

  test('v2: controllers are enabled on the way down', () => {
    const root = mount()
    writeFileSync(join(root, 'cgroup.controllers'), 'cpu memory')
    fileCgroups('/shoal', root).prepare({ driver: 'cgroupfs', cpus: 4 })
    expect(read(root, 'cgroup.subtree_control')).toBe('+cpu +memory +io +pids')
    expect(read(root, 'shoal/cgroup.subtree_control')).toBe('+cpu +memory +io +pids')
    expect(read(root, 'shoal/regular/cpu.weight')).toBe('400')
    expect(read(root, 'shoal/revocable/cpu.weight')).toBe('1')
  })

  test('what has neither used a cpu nor waited for one is as it was read last (A7)', () => {
    const root = mount()
    const cgroups = fileCgroups('/shoal', root)
    for (const tree of ['cpu', 'cpuacct', 'memory', 'unified'])
      mkdirSync(join(root, tree, 'shoal/regular/abc'), { recursive: true })
    const put = (path: string, text: string) => writeFileSync(join(root, path), text)
    const usage = 'cpuacct/shoal/regular/abc/cpuacct.usage'
    const memory = 'memory/shoal/regular/abc/memory.usage_in_bytes'
    const pressure = 'unified/shoal/regular/abc/cpu.pressure'
    put('cpuacct/shoal/regular/abc/cpuacct.stat', 'user 1\nsystem 1\n')
    put(usage, '1000000000\n')
    put(memory, '1\n')
    put(pressure, 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n')
    const first = cgroups.read('/shoal/regular/abc')
    put(memory, '2\n')
    put(pressure, 'some avg10=9.00 avg60=0.00 avg300=0.00 total=1\n')
    expect(cgroups.read('/shoal/regular/abc', first)).toBe(first)
    expect(cgroups.read('/shoal/regular/abc')?.memoryBytes).toBe(2)
    put(usage, '1000000001\n')
    put(memory, '3\n')
    expect(cgroups.read('/shoal/regular/abc', first)?.memoryBytes).toBe(3)
    put(pressure, 'some avg10=9.00 avg60=0.00 avg300=0.00 total=2\n')
    put(memory, '4\n')
    expect(cgroups.read('/shoal/regular/abc', first)?.memoryBytes).toBe(4)
    cgroups.forget('/shoal/regular/abc')
    put(memory, '5\n')
    expect(cgroups.read('/shoal/regular/abc', first)?.memoryBytes).toBe(5)
  })

  test('what a group has used is read, and undefined where it cannot be', () => {
    const root = mount()
    const cgroups = fileCgroups('/shoal', root)
    expect(cgroups.read('/shoal/regular/abc')).toBeUndefined()
    for (const tree of ['cpu', 'cpuacct', 'memory', 'unified'])
      mkdirSync(join(root, tree, 'shoal/regular/abc'), { recursive: true })
    const put = (path: string, text: string) => writeFileSync(join(root, path), text)
    put('cpuacct/shoal/regular/abc/cpuacct.stat', 'user 150\nsystem 50\n')
    put('cpuacct/shoal/regular/abc/cpuacct.usage', '2000000000\n')
    put('memory/shoal/regular/abc/memory.usage_in_bytes', '4096\n')
    put('memory/shoal/regular/abc/memory.stat', 'inactive_file 1\ntotal_inactive_file 1024\n')
    put(
      'cpu/shoal/regular/abc/cpu.stat',
      'nr_periods 10\nnr_throttled 4\nthrottled_time 3000000000\n',
    )
    put(
      'unified/shoal/regular/abc/cpu.pressure',
      'some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\n',
    )
    expect(cgroups.read('/shoal/regular/abc')).toEqual({
      cpuUserSeconds: 1.5,
      cpuSystemSeconds: 0.5,
      memoryBytes: 4096,
      anonBytes: 0,
      inactiveFileBytes: 1024,
      periods: 10,
      throttledPeriods: 4,
      throttledSeconds: 3,
      waits: { cpuSomeSeconds: 2.5, memorySomeSeconds: 0, memoryFullSeconds: 0, ioSomeSeconds: 0 },
    })
    put('cpuacct/shoal/regular/abc/cpuacct.usage', '4000000000\n')
    expect(cgroups.read('/shoal/regular/abc')?.cpuUserSeconds).toBe(3)
  })

  test.each([
    { version: 1, files: ['cpu/g/cpu.cfs_quota_us'], bounded: ['150000'], free: ['-1'] },
    { version: 2, files: ['g/cpu.max'], bounded: ['150000 100000'], free: ['max 100000'] },
  ])('v$version: a bound for the tier, and none', ({ version, files, bounded, free }) => {
    const root = mount()
    if (version === 2) writeFileSync(join(root, 'cgroup.controllers'), 'cpu')
    mkdirSync(join(root, version === 2 ? 'g' : 'cpu/g'), { recursive: true })
    const cgroups = fileCgroups('/shoal', root)
    cgroups.bound('g', 1.5)
    expect(files.map((file) => read(root, file))).toEqual(bounded)
    cgroups.bound('g', undefined)
    expect(files.map((file) => read(root, file))).toEqual(free)
  })

  test('a tier is frozen in the hybrid tree where there is one, else by the v1 freezer', () => {
    const root = mount()
    const cgroups = fileCgroups('/shoal', root)
    mkdirSync(join(root, 'freezer/g'), { recursive: true })
    cgroups.freeze('g', true)
    expect(read(root, 'freezer/g/freezer.state')).toBe('FROZEN')
    mkdirSync(join(root, 'unified/g'), { recursive: true })
    writeFileSync(join(root, 'unified/g/cgroup.freeze'), '0')
    cgroups.freeze('g', true)
    expect(read(root, 'unified/g/cgroup.freeze')).toBe('1')
  })

  test('what has gone needs no bound, no freezing and no killing', () => {
    const cgroups = fileCgroups('/shoal', mount())
    cgroups.bound('/gone', 1)
    cgroups.freeze('/gone', true)
    cgroups.kill('/gone', '/shoal/revocable')
    expect(cgroups.populated('/gone')).toBe(false)
  })

  test.each([
    { version: 1, tree: 'freezer' },
    { version: 2, tree: '' },
  ])(
    'v$version without cgroup.kill: every process of the group and below it gets SIGKILL',
    async ({ version, tree }) => {
      const root = mount()
      if (version === 2) writeFileSync(join(root, 'cgroup.controllers'), 'cpu')
      const below = join(root, tree, 'g/made-inside')
      mkdirSync(below, { recursive: true })
      const child = spawn('sleep', ['1000'])
      const ended = once(child, 'exit')
      writeFileSync(join(below, 'cgroup.procs'), `${child.pid}\n`)
      const cgroups = fileCgroups('/shoal', root)
      expect(cgroups.populated('g')).toBe(true)
      cgroups.kill('g')
      expect(await ended).toEqual([null, 'SIGKILL'])
    },
  )

  test('what the kernel says of the whole group counts, and what the v1 freezer stopped goes on, to its end', () => {
    const root = mount()
    const cgroups = fileCgroups('/shoal', root)
    for (const tree of ['unified', 'freezer']) mkdirSync(join(root, tree, 'g'), { recursive: true })
    writeFileSync(join(root, 'unified/g/cgroup.kill'), '')
    writeFileSync(join(root, 'freezer/g/freezer.state'), 'FROZEN')
    writeFileSync(join(root, 'unified/g/cgroup.events'), 'populated 1\nfrozen 0\n')
    expect(cgroups.populated('g')).toBe(true)
    writeFileSync(join(root, 'unified/g/cgroup.events'), 'populated 0\nfrozen 0\n')
    expect(cgroups.populated('g')).toBe(false)
    cgroups.kill('g')
    expect(read(root, 'unified/g/cgroup.kill')).toBe('1')
    expect(read(root, 'freezer/g/freezer.state')).toBe('THAWED')
  })

  test('systemd weighs its slices itself; groups that cannot be made are told', () => {
    expect(fileCgroups('/shoal', mount()).prepare({ driver: 'systemd', cpus: 4 }).tiers).toEqual({
      regular: 'shoal-regular.slice',
      revocable: 'shoal-revocable.slice',
    })
    expect(fileCgroups('/shoal', '/dev/null').prepare({ driver: 'cgroupfs', cpus: 4 })).toEqual({
      tiers: {},
      problem: expect.stringContaining('cannot make cgroups under /dev/null') as string,
    })
  })
})
