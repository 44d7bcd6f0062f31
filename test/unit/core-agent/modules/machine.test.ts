import { expect, test } from 'vitest'
import { parseAgentConfig } from '../../../../src/core-agent/config.ts'
import { decorateMachine } from '../../../../src/core-agent/modules/decorate-machine.ts'
import { detectResources } from '../../../../src/core-agent/resources.ts'
import { format } from '../../../../src/resources/resources.ts'
import { silent } from '../../../../src/runtime/logger.ts'
import { hooksOf, type PluginSpec } from '../../../support/modules.ts'
import { SimClock } from '../../../support/sim-clock.ts'

const machine = { hostname: 'host-1', cpus: 4, memoryBytes: 8 * 1024 ** 3, diskBytes: 1024 ** 4 }

const decorated = (...specs: readonly PluginSpec[]) => {
  const given = { master: ['m:5050'], work_dir: ['/w'], attributes: ['rack:a'] }
  const { hooks } = hooksOf(...specs)({ clock: new SimClock(), logger: silent })
  return decorateMachine(parseAgentConfig(given, {}), hooks, machine)
}

const amounts = async (...specs: readonly PluginSpec[]) => {
  const { resources, defaultRole } = await decorated(...specs)
  return format(detectResources(resources, defaultRole, machine))
}

test('what a hook says of resources is all that there is', async () => {
  expect(await amounts({ methods: { resourcesDecorator: () => 'cpus:2;gpus:1' } })).toBe(
    'cpus:2; gpus:1',
  )
})

test('each hook sees what the ones before have made of what was detected', async () => {
  type Given = {
    readonly hostname: string
    readonly resources: readonly { name: string; scalar?: { value: number } }[]
  }
  const halves = ({ resources }: Given) =>
    resources
      .filter(({ name }) => name === 'cpus')
      .map((one) => ({ ...one, scalar: { value: (one.scalar?.value ?? 0) / 2 } }))
  const spec = { methods: { resourcesDecorator: halves } }
  expect(await amounts(spec, spec)).toBe('cpus:1')
})

test('attributes as text or as a list; those that the agent gives itself stay its own', async () => {
  const text = { methods: { attributesDecorator: () => 'rack:b;shoal_ip:1.2.3.4' } }
  expect((await decorated(text)).attributes).toEqual([
    { name: 'rack', type: 'TEXT', text: { value: 'b' } },
  ])
  const adds = ({ attributes }: { readonly attributes: readonly object[] }) => [
    ...attributes,
    { name: 'level', type: 'SCALAR', scalar: { value: 3 } },
  ]
  const { attributes } = await decorated({ methods: { attributesDecorator: adds } })
  expect(attributes.map(({ name }) => name)).toEqual(['rack', 'level'])
})

test.each([
  ['revocable resources', () => [{ name: 'cpus', type: 'SCALAR', revocable: {} }]],
  ['no resources', () => 7],
  ['broken text', () => 'cpus'],
])('%s are a failure: the agent does not start, or goes on as it is', async (_, answer) => {
  const methods = { resourcesDecorator: answer }
  await expect(decorated({ failurePolicy: 'fail-closed', methods })).rejects.toThrow(
    /^--hooks: module mine: resourcesDecorator: .*; its failure policy is fail-closed$/,
  )
  expect(await amounts({ methods })).toBe(await amounts({ methods: { postFetch: () => {} } }))
})
