import { describe, expect, test } from 'vitest'
import { inWorker } from '../../../../src/core-agent/modules/instance.ts'
import {
  breakerFailures,
  breakerWindowMs,
  Plugin,
} from '../../../../src/core-agent/modules/plugin.ts'
import { silent } from '../../../../src/runtime/logger.ts'
import { moduleFolder, pluginOf } from '../../../support/modules.ts'
import { SimClock, settle } from '../../../support/sim-clock.ts'

const asIs = (answer: unknown): unknown => answer
const call = (plugin: Plugin, method = 'postFetch', input: unknown = {}) =>
  plugin.call(method, input, { deadlineMs: 5000, decode: asIs })

const rig = (postFetch: (input: never) => unknown, failurePolicy?: 'fail-closed') => {
  const clock = new SimClock()
  const logged: string[] = []
  const logger = { ...silent, error: (_: object, message: string) => void logged.push(message) }
  const spec = { methods: { postFetch }, ...(failurePolicy && { failurePolicy }) }
  return { clock, logged, plugin: pluginOf(spec, { clock, logger }) }
}

const fails = (): never => {
  throw new Error('oh')
}

test('what goes in and out are copies', async () => {
  const seen: { list: number[] }[] = []
  const { plugin } = rig((input: { list: number[] }) => {
    input.list.push(2)
    seen.push(input)
    return input
  })
  const given = { list: [1] }
  const answer = await call(plugin, 'postFetch', given)
  expect(answer).toEqual({ list: [1, 2] })
  expect(given).toEqual({ list: [1] })
  expect(seen[0]).not.toBe(answer)
})

describe('a call fails', () => {
  test('where the module throws, with the name of the module and of the method', async () => {
    await expect(call(rig(fails).plugin)).rejects.toThrow('module mine: postFetch: oh')
  })

  test('where the answer is none that can be used', async () => {
    const { plugin } = rig(() => 1)
    const refused = plugin.call('postFetch', {}, { deadlineMs: 1, decode: fails })
    await expect(refused).rejects.toThrow('module mine: postFetch: oh')
    const { plugin: other } = rig(() => () => {})
    await expect(call(other)).rejects.toThrow(/could not be cloned/)
  })

  test('where there is no answer in time', async () => {
    const { clock, plugin } = rig(() => new Promise(() => {}))
    const refused = expect(call(plugin)).rejects.toThrow('no answer within 5 s')
    await clock.advance(5000)
    await refused
    expect(clock.pending).toBe(0)
  })
})

describe('a module that fails too often', () => {
  test('is not called any more, which is logged once', async () => {
    let calls = 0
    const { clock, logged, plugin } = rig(() => {
      calls += 1
      return fails()
    })
    // 15 s apart, as estimates are: the window takes its both ends in.
    for (let n = 1; n <= breakerFailures; n += 1) {
      expect(plugin.isDisabled).toBe(false)
      await expect(call(plugin)).rejects.toThrow('oh')
      await clock.advance(breakerWindowMs / (breakerFailures - 1))
    }
    expect(plugin.isDisabled).toBe(true)
    await expect(call(plugin)).rejects.toThrow(
      'module mine is disabled: module mine: postFetch: oh',
    )
    expect(calls).toBe(breakerFailures)
    expect(logged).toEqual([expect.stringMatching(/^module mine failed 5 times within a minute/)])
    expect(plugin.view()).toMatchObject({ state: 'disabled', failures: 5, calls: 5 })
  })

  test('but not where its failures are further apart', async () => {
    const { clock, plugin } = rig(fails)
    for (let n = 1; n <= 3 * breakerFailures; n += 1) {
      await expect(call(plugin)).rejects.toThrow('oh')
      await clock.advance(breakerWindowMs / (breakerFailures - 1) + 1)
    }
    expect(plugin.isDisabled).toBe(false)
  })

  test('but not where it is fail-closed: what it guards waits for it', async () => {
    const { plugin } = rig(fails, 'fail-closed')
    for (let n = 1; n <= 3 * breakerFailures; n += 1)
      await expect(call(plugin)).rejects.toThrow('oh')
    expect(plugin.view()).toMatchObject({ state: 'active', failures: 3 * breakerFailures })
  })
})

describe('in a worker', () => {
  const files = moduleFolder()
  const path = files.write(
    'lib.mjs',
    `export const mine = { name: 'mine', create: (_, { log }) => ({
      postFetch: ({ does }) => {
        if (does === 'spin') for (;;);
        if (does === 'throw') throw new Error('oh')
        if (does === 'die') process.exit(3)
        if (does === 'log') log('said')
        return 'done'
      },
    }) }`,
  )
  const start = async () => {
    const clock = new SimClock()
    const said: string[] = []
    const context = { name: 'mine', workDir: '/w', hostname: 'h' }
    const source = { url: `file://${path}`, name: 'mine', parameters: {}, context }
    const methods = ['postFetch', 'removeExecutor']
    const instance = await inWorker({ ...source, methods }, (line) => void said.push(line))
    const facts = { name: 'mine', kind: 'Hook', description: '', isWorker: true } as const
    const policy = { failurePolicy: 'fail-open' } as const
    const plugin = new Plugin({ ...facts, ...policy }, instance, { clock, logger: silent })
    return { clock, plugin, said }
  }

  test('one that spins for ever stalls nobody, is ended at its deadline, and started again', async () => {
    const { clock, plugin } = await start()
    expect(plugin.has('postFetch')).toBe(true)
    expect(plugin.has('removeExecutor')).toBe(false)
    const order: string[] = []
    const spinning = call(plugin, 'postFetch', { does: 'spin' }).catch((error: unknown) => {
      order.push(String(error))
    })
    // Its loop has begun by now, or begins meanwhile: this one goes on either way.
    for (let turn = 1; turn <= 3; turn += 1) {
      await settle()
      order.push(`turn ${turn}`)
    }
    await clock.advance(5000)
    await spinning
    expect(order).toEqual([
      'turn 1',
      'turn 2',
      'turn 3',
      'PluginError: module mine: postFetch: no answer within 5 s',
    ])
    expect(await call(plugin)).toBe('done')
    expect(plugin.view()).toMatchObject({ calls: 2, failures: 1, state: 'active' })
    plugin.close()
  })

  test('what is under way when the agent closes fails, and starts nothing anew', async () => {
    const { plugin } = await start()
    const spinning = expect(call(plugin, 'postFetch', { does: 'spin' })).rejects.toThrow('closing')
    plugin.close()
    await spinning
    await expect(call(plugin)).rejects.toThrow('the agent is closing')
    expect(plugin.view()).toMatchObject({ calls: 1, failures: 0 })
  })

  test('one that throws, or ends itself, fails the call alone', async () => {
    const { plugin, said } = await start()
    await expect(call(plugin, 'postFetch', { does: 'throw' })).rejects.toThrow('postFetch: oh')
    await expect(call(plugin, 'postFetch', { does: 'die' })).rejects.toThrow('ended with 3')
    expect(await call(plugin, 'postFetch', { does: 'log' })).toBe('done')
    expect(said).toEqual(['said'])
    plugin.close()
  })
})
