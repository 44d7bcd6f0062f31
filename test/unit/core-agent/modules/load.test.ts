import { describe, expect, test } from 'vitest'
import {
  createDeadlineMs,
  type LoadOptions,
  loadModules,
} from '../../../../src/core-agent/modules/load.ts'
import type { ModuleEntry } from '../../../../src/core-agent/modules/manifest.ts'
import { ConfigError } from '../../../../src/runtime/flags.ts'
import { silent } from '../../../../src/runtime/logger.ts'
import { moduleFolder } from '../../../support/modules.ts'
import { SimClock } from '../../../support/sim-clock.ts'

const files = moduleFolder()
let written = 0

/** A library of one export. */
const library = (text: string): string => {
  written += 1
  return files.write(`library-${written}.mjs`, text)
}

const descriptor = (more = ''): string =>
  library(`export const mine = {
    apiVersion: '1.3', kind: 'Hook', name: 'mine', description: 'adds a variable',
    compatible: () => true,
    create: (parameters) => ({ executorEnvironmentDecorator: () => ({ ...parameters }) }),
    ${more}
  }`)

const entry = (path: string, more: Partial<ModuleEntry> = {}): ModuleEntry => ({
  name: 'mine',
  library: { type: 'file', path },
  parameters: {},
  worker: undefined,
  failurePolicy: undefined,
  ...more,
})

const clock = new SimClock()

const load = (entries: readonly ModuleEntry[], hooks = ['mine'], more: Partial<LoadOptions> = {}) =>
  loadModules({
    entries,
    hooks,
    version: '1.2.3',
    workDir: '/w',
    estimator: { name: 'noop' },
    qosController: { name: 'noop' },
    isolation: [],
    containerLogger: undefined,
    commandModule: undefined,
    hostname: 'host-1',
    clock,
    logger: silent,
    ...more,
  })

const problemOf = async (loading: Promise<unknown>): Promise<string> => {
  const error: unknown = await loading.then(
    () => undefined,
    (rejected: unknown) => rejected,
  )
  expect(error).toBeInstanceOf(ConfigError)
  return error instanceof ConfigError ? error.message : ''
}

const subject = {
  framework: undefined,
  executor: undefined,
  task: undefined,
  containerId: 'c',
  sandbox: undefined,
}

test.each([false, true])('parameters reach a module, in a worker: %s', async (worker) => {
  const modules = await load([entry(descriptor(), { parameters: { A: '1' }, worker })])
  expect(await modules.hooks.executorEnvironment(subject, {})).toEqual({ A: '1' })
  expect(modules.view()).toMatchObject([
    { name: 'mine', kind: 'Hook', worker, state: 'active', calls: 1, failures: 0 },
  ])
  modules.close()
})

test('what an entry says of worker and failure policy wins over the descriptor', async () => {
  const path = descriptor(`worker: false, failurePolicy: 'fail-open'`)
  const given = entry(path, { worker: true, failurePolicy: 'fail-closed' })
  const modules = await load([given])
  expect(modules.view()).toMatchObject([{ worker: true, failure_policy: 'fail-closed' }])
  modules.close()
})

test('a library may export several modules, one that no flag names is checked and not made', async () => {
  const path = library(`
    const one = (name, create) => ({ apiVersion: '1.0', kind: 'Hook', name,
      description: 'one of several', compatible: () => true, create })
    export default [
      one('first', () => ({ executorEnvironmentDecorator: () => ({ FIRST: '1' }) })),
      one('second', () => { throw new Error('made') }),
    ]`)
  const entries = [entry(path, { name: 'first' }), entry(path, { name: 'second' })]
  const modules = await load(entries, ['first'])
  expect(modules.view().map(({ name }) => name)).toEqual(['first'])
  expect(await problemOf(load(entries, ['first', 'second']))).toMatch(/--hooks: .*"second".*: made/)
})

test('a package is looked for from the folder of the manifest', async () => {
  const from = new URL('../../../..', import.meta.url).pathname
  const missing = entry('', { library: { type: 'package', name: 'no-such-package', from } })
  expect(await problemOf(load([missing]))).toMatch(
    /module "mine" of no-such-package: there is no package no-such-package in .*: install it there/,
  )
  const other = entry('', { library: { type: 'package', name: 'commander', from } })
  expect(await problemOf(load([other]))).toMatch(/of commander: the library exports no descriptor/)
})

describe('what is wrong with a module is said before the agent starts', () => {
  test.each([
    ['a file that is not there', () => '/nowhere/a.mjs', /it cannot be imported/],
    ['no JavaScript', () => library('export const = 1'), /it cannot be imported/],
    ['no descriptor', () => library('export const a = 1'), /nor any other: export \{apiVersion/],
    ['another name', () => descriptor(`name: 'other'`), /of that name, but of other/],
    ['no apiVersion', () => descriptor('apiVersion: undefined'), /apiVersion is missing/],
    ['another major', () => descriptor(`apiVersion: '2.0'`), /is "2\.0", .*for apiVersion 1/],
    ['an unknown kind', () => descriptor(`kind: 'Hoop'`), /kind is "Hoop": wanted Hook, /],
    ['no description', () => descriptor(`description: ''`), /description is missing/],
    ['no create', () => descriptor('create: 1'), /create must be a function/],
    ['no compatible', () => descriptor('compatible: 1'), /compatible must be a function/],
    ['worker as text', () => descriptor(`worker: 'yes'`), /worker must be true or false/],
    ['a wrong policy', () => descriptor(`failurePolicy: 'x'`), /wanted fail-open or fail-closed/],
    ['it says no', () => descriptor('compatible: () => false'), /compatible\(\) says no: take/],
    ['it says why', () => descriptor(`compatible: () => 'x > 2'`), /compatible\(\) says x > 2/],
    ['no object', () => descriptor('create: () => 1'), /create answered 1: wanted an object/],
    ['no methods', () => descriptor('create: () => ({})'), /without any of the methods of a Hook/],
    ['create throws', () => descriptor(`create: () => { throw new Error('oh') }`), /: oh$/],
  ])('%s', async (_, path, problem) => {
    expect(await problemOf(load([entry(path())]))).toMatch(problem)
  })

  test.each([
    ['throws', `create: () => { throw new Error('oh') }`, /--hooks: .*: oh$/],
    ['has no methods', 'create: () => ({})', /without any of the methods of a Hook/],
  ])('in a worker, where create %s', async (_, more, problem) => {
    expect(await problemOf(load([entry(descriptor(more), { worker: true })]))).toMatch(problem)
  })

  test('create does not come to an end', async () => {
    const loading = load([entry(descriptor('create: () => new Promise(() => {})'))])
    const problem = problemOf(loading)
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(createDeadlineMs)
    expect(await problem).toMatch(/create has not come to an end within 10 s/)
  })

  test.each([
    ['hooks', 'ResourceEstimator', 'oversubscribable', /kind ResourceEstimator, .*Hook or Docker/],
    ['estimator', 'Hook', 'postFetch', /--resource_estimator: .*kind Hook, .*ResourceEstimator/],
    ['qosController', 'Hook', 'postFetch', /--qos_controller: .*kind Hook, .*QoSController/],
  ])('%s of another kind', async (flag, kind, method, problem) => {
    const path = descriptor(`kind: '${kind}', create: () => ({ ${method}() {} })`)
    const policy = { [flag]: { name: 'module', module: 'mine' } }
    const [hooks, more] = flag === 'hooks' ? [['mine'], {}] : [[], policy]
    expect(await problemOf(load([entry(path)], hooks, more))).toMatch(problem)
  })

  test.each([
    [
      { isolation: ['mine'] },
      `kind: 'Isolator', worker: true, create: () => ({ isolate() {} })`,
      /--isolation: .*worker is not for kind Isolator/,
    ],
    [
      { commandModule: 'mine' },
      `kind: 'Containerizer', create: () => ({ launch() {}, signal() {} })`,
      /--containerizers: .*without what a Containerizer needs: watch, remove/,
    ],
    [{ containerLogger: 'mine' }, '', /--container_logger: .*kind Hook, .*ContainerLogger/],
  ])('%j of another shape', async (chosen, more, problem) => {
    expect(await problemOf(load([entry(descriptor(more))], [], chosen))).toMatch(problem)
  })

  test('a failure policy of what is no hook', async () => {
    const path = descriptor(`kind: 'QoSController', create: () => ({ corrections() {} })`)
    const given = entry(path, { failurePolicy: 'fail-closed' })
    const qosController = { name: 'module', module: 'mine' } as const
    expect(await problemOf(load([given], [], { qosController }))).toMatch(
      /a failure policy is for hooks, not for a QoSController: leave it out/,
    )
  })

  test('every mistake at once', async () => {
    const bad = entry('/nowhere/b.mjs', { name: 'b' })
    const message = await problemOf(load([entry('/nowhere/a.mjs'), bad], ['mine', 'b']))
    expect(message.split('\n')).toHaveLength(2)
  })
})
