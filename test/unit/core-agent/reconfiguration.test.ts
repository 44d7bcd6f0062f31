import { describe, expect, test } from 'vitest'
import { parseAttributes } from '../../../src/core-agent/attributes.ts'
import {
  type Description,
  type ReconfigurationPolicy,
  reconfigure,
} from '../../../src/core-agent/reconfiguration.ts'
import { parseResources } from '../../../src/resources/parse.ts'
import { format } from '../../../src/resources/resources.ts'
import { ConfigError } from '../../../src/runtime/flags.ts'
import { AgentRig, bodyTask } from '../../support/agent-rig.ts'

interface Changes {
  readonly resources?: string
  readonly attributes?: string
  readonly hostname?: string
  readonly port?: number
  readonly domain?: Description['domain']
}

const described = (changes: Changes = {}): Description => ({
  hostname: changes.hostname ?? 'node1',
  port: changes.port ?? 5051,
  resources: parseResources(changes.resources ?? 'cpus:4;mem:4000;disk:9000;ports:[31000-32000]')
    .resources,
  attributes: parseAttributes(changes.attributes ?? 'rack:a;level:10;keys:[10-20]'),
  domain: changes.domain,
})

const domain = (zone: string) => ({
  fault_domain: { region: { name: 'eu' }, zone: { name: zone } },
})

const problemsOf = (
  policy: ReconfigurationPolicy,
  before: Changes,
  now: Changes,
  given: { readonly detected?: readonly string[]; readonly anyPort?: boolean } = {},
) => {
  const { resources, differences } = reconfigure(described(before), described(now), {
    policy,
    detected: new Set(given.detected ?? []),
    anyPort: given.anyPort ?? false,
  })
  return { resources, problems: differences.map(({ text }) => text) }
}

describe('what may change between two starts (core-agent §2.4)', () => {
  const all = 'mem:4000;disk:9000;ports:[31000-32000]'
  const rows: readonly {
    name: string
    before?: Changes
    now: Changes
    additive: readonly string[]
    equal: readonly string[]
  }[] = [
    { name: 'nothing', now: {}, additive: [], equal: [] },
    {
      name: 'the order of attributes and of ranges',
      now: { attributes: 'keys:[10-20];level:10;rack:a' },
      additive: [],
      equal: [],
    },
    {
      name: 'more of a scalar',
      now: { resources: `cpus:6;${all}` },
      additive: [],
      equal: ['cpus was 4 and is 6'],
    },
    {
      name: 'less of a scalar',
      now: { resources: `cpus:3.999;${all}` },
      additive: ['cpus was 4 and is 3.999'],
      equal: ['cpus was 4 and is 3.999'],
    },
    {
      name: 'wider ranges',
      now: { resources: 'cpus:4;mem:4000;disk:9000;ports:[31000-33000]' },
      additive: [],
      equal: ['ports was [31000-32000] and is [31000-33000]'],
    },
    {
      name: 'other ranges',
      now: { resources: 'cpus:4;mem:4000;disk:9000;ports:[31001-32000]' },
      additive: ['ports was [31000-32000] and is [31001-32000]'],
      equal: ['ports was [31000-32000] and is [31001-32000]'],
    },
    {
      name: 'a new resource',
      now: { resources: `cpus:4;${all};fpga:1` },
      additive: [],
      equal: ['fpga was absent and is 1'],
    },
    {
      name: 'a resource that is gone',
      now: { resources: 'mem:4000;disk:9000;ports:[31000-32000]' },
      additive: ['cpus was 4 and is absent'],
      equal: ['cpus was 4 and is absent'],
    },
    {
      name: 'a set that grew',
      before: { resources: `cpus:4;${all};nics:{a}` },
      now: { resources: `cpus:4;${all};nics:{a,b}` },
      additive: [],
      equal: ['nics was {a} and is {a, b}'],
    },
    {
      name: 'a set that lost an item',
      before: { resources: `cpus:4;${all};nics:{a,b}` },
      now: { resources: `cpus:4;${all};nics:{a,c}` },
      additive: ['nics was {a, b} and is {a, c}'],
      equal: ['nics was {a, b} and is {a, c}'],
    },
    {
      name: 'another role of a resource',
      now: { resources: `cpus(web):4;${all}` },
      additive: ['cpus was 4 and is absent'],
      equal: ['cpus was 4 and is absent', 'cpus(web) was absent and is 4'],
    },
    {
      name: 'a new attribute',
      now: { attributes: 'rack:a;level:10;keys:[10-20];ssd:yes' },
      additive: [],
      equal: ['attribute ssd was absent and is yes'],
    },
    {
      name: 'an attribute that is gone',
      now: { attributes: 'rack:a;level:10' },
      additive: ['attribute keys was [10-20] and is absent'],
      equal: ['attribute keys was [10-20] and is absent'],
    },
    {
      name: 'another value of a text and of a number',
      now: { attributes: 'rack:b;level:11;keys:[10-20]' },
      additive: ['attribute rack was a and is b', 'attribute level was 10 and is 11'],
      equal: ['attribute rack was a and is b', 'attribute level was 10 and is 11'],
    },
    {
      name: 'another type of an attribute',
      now: { attributes: 'rack:a;level:ten;keys:[10-20]' },
      additive: ['attribute level was 10 and is ten'],
      equal: ['attribute level was 10 and is ten'],
    },
    {
      name: 'an attribute whose ranges grew',
      now: { attributes: 'rack:a;level:10;keys:[5-25]' },
      additive: [],
      equal: ['attribute keys was [10-20] and is [5-25]'],
    },
    {
      name: 'one of two attributes of one name',
      before: { attributes: 'rack:a;rack:b' },
      now: { attributes: 'rack:b;rack:c' },
      additive: ['attribute rack was a and is b'],
      equal: ['attribute rack was a and is b', 'attribute rack was a and is c'],
    },
    {
      name: 'hostname and port',
      now: { hostname: 'node2', port: 5052 },
      additive: ['hostname was node1 and is node2', 'port was 5051 and is 5052'],
      equal: ['hostname was node1 and is node2', 'port was 5051 and is 5052'],
    },
    {
      name: 'a domain where there was none',
      now: { domain: domain('z1') },
      additive: [],
      equal: ['domain was none and is eu/z1'],
    },
    {
      name: 'another domain',
      before: { domain: domain('z1') },
      now: { domain: domain('z2') },
      additive: ['domain was eu/z1 and is eu/z2'],
      equal: ['domain was eu/z1 and is eu/z2'],
    },
  ]
  test.each(rows)('$name', ({ before = {}, now, additive, equal }) => {
    expect(problemsOf('additive', before, now).problems).toEqual(additive)
    expect(problemsOf('equal', before, now).problems).toEqual(equal)
  })

  test.each([
    {
      name: '1 % less of detected memory stays what it was',
      mem: 3960,
      want: 'mem:4000',
      ok: true,
    },
    { name: 'a little less than that is a change', mem: 3959, want: 'mem:3959', ok: false },
    { name: 'more of it is taken', mem: 4001, want: 'mem:4001', ok: true },
  ])('$name', ({ mem, want, ok }) => {
    const resources = `cpus:4;mem:${mem};disk:9000;ports:[31000-32000]`
    const result = problemsOf('additive', {}, { resources }, { detected: ['mem', 'disk'] })
    expect(format(result.resources)).toContain(want)
    expect(result.problems.length === 0).toBe(ok)
  })

  test('what the operator gave has no tolerance', () => {
    const resources = 'cpus:4;mem:3999;disk:9000;ports:[31000-32000]'
    expect(problemsOf('additive', {}, { resources }).problems).toEqual(['mem was 4000 and is 3999'])
  })

  test('a port that was left to the machine, and the address, are no change', () => {
    expect(problemsOf('equal', {}, { port: 40_000 }, { anyPort: true }).problems).toEqual([])
    const moved = problemsOf(
      'equal',
      { attributes: 'shoal_ip:10.0.0.1' },
      { attributes: 'shoal_ip:10.0.0.2' },
    )
    expect(moved.problems).toEqual([])
  })
})

describe('an agent that is started anew', () => {
  const told = (rig: AgentRig) => rig.master.ofType('SUBSCRIBE').at(-1)?.subscribe?.agent_info

  test('with more resources it goes on under its id, and the master hears of them', async () => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    await rig.crash({ flags: { resources: 'cpus:6;mem:4096' } })
    expect(told(rig)?.id?.value).toBe('m1-S0')
    expect(told(rig)?.resources?.[0]).toMatchObject({ name: 'cpus', scalar: { value: 6 } })
    expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
  })

  test('with less it does not start, says what differs and what to do, and leaves its containers', async () => {
    const rig = await new AgentRig().up()
    const container = await rig.run('web', ['serve'])
    const failed = rig.crash({ flags: { resources: 'cpus:2;mem:4096', attributes: 'rack:a' } })
    await expect(failed).rejects.toThrow(ConfigError)
    await expect(failed).rejects.toThrow(/cpus was 4 and is 2/)
    await expect(failed).rejects.toThrow(/--reconfiguration_policy=any.*another --work_dir/)
    expect(rig.engine.containers.get(container)?.status).toBe('running')
    await rig.crash()
    expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
  })

  test('after a reboot with less it begins as a new agent, and clears away what the old one had', async () => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    rig.engine.fault('create', { kind: 'lose-answer' })
    rig.master.launch(bodyTask('unanswered', ['true']))
    await rig.clock.advance(10)
    rig.master.givesId = 'm1-S1'
    rig.engine.reboot()
    await rig.crash({ flags: { resources: 'cpus:2;mem:4096' }, bootId: 'boot-2' })
    await rig.clock.advance(1000)
    expect(rig.agent.state.agentId).toBe('m1-S1')
    expect(told(rig)?.id).toBeUndefined()
    expect(rig.engine.containers.size).toBe(0)
    expect(rig.agent.state.tasks.size).toBe(0)
  })

  test('after a reboot as it was it keeps its id, and tells the ends of its tasks', async () => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    rig.engine.reboot()
    await rig.crash({ bootId: 'boot-2' })
    expect(rig.agent.state.agentId).toBe('m1-S0')
    expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', 'FAILED'])
  })

  test('policy any takes what comes', async () => {
    const rig = await new AgentRig({ flags: { reconfiguration_policy: 'any' } }).up()
    await rig.crash({ flags: { resources: 'cpus:1;mem:64', attributes: 'rack:z' } })
    expect(told(rig)?.id?.value).toBe('m1-S0')
    expect(told(rig)?.resources?.[0]).toMatchObject({ name: 'cpus', scalar: { value: 1 } })
  })

  test('SHUTDOWN instead of a welcome: its id is another agent’s, it begins as a new one', async () => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    rig.master.turnsAway = 'attempted to re-register with different hostname'
    await rig.crash()
    rig.master.turnsAway = undefined
    await rig.clock.advance(10_000)
    expect(told(rig)?.id).toBeUndefined()
    expect(rig.engine.containers.size).toBe(0)
  })
})
