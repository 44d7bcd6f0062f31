import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Placement, planContainer } from '../../src/core-agent/docker/container-spec.ts'
import { record } from '../../src/core-agent/docker/inspect.ts'
import { parsePolicy } from '../../src/core-agent/docker/policy.ts'
import { codecs } from '../../src/mesos/codec.ts'
import { type AgentId, type FrameworkId, id } from '../../src/mesos/ids.ts'
import { toWire } from '../../src/mesos/resources.ts'
import type { TaskInfo } from '../../src/mesos/wire.ts'
import { parseResources } from '../../src/resources/parse.ts'
import { as, plus, type Resources } from '../../src/resources/resources.ts'

const path = new URL('docker-info.txt', import.meta.url).pathname

test('docker-info.txt: what a task becomes on the engine (core-agent §3.2)', async () => {
  const blocks = readFileSync(path, 'utf8')
    .split(/\n(?=# )/)
    .map((block) => run(block.trim()))
  await expect(blocks.join('\n')).toMatchFileSnapshot(path)
})

const run = (block: string): string => {
  const [title = '', given = ''] = block.split('\n')
  return `${title}\n${given}\n----\n${resultOf(JSON.parse(given) as Given)}`
}

/** TaskInfo as JSON, with resources and limits in short, and what else a plan depends on. */
interface Given {
  readonly resources?: string
  readonly revocable?: string
  readonly limits?: Readonly<Record<string, number | string>>
  readonly role?: string
  readonly sandbox?: boolean
  readonly cfs?: boolean
  readonly policy?: string
  readonly [field: string]: unknown
}

const codec = codecs<TaskInfo>('mesos.v1.TaskInfo')['application/json']

const resultOf = (given: Given): string => {
  const { resources, revocable, limits, role, sandbox: _, cfs: _c, policy: _p, ...task } = given
  const held = plus(
    parseResources(resources ?? 'cpus:1.5;mem:64').resources,
    as(parseResources(revocable ?? '').resources, 'revocable'),
  )
  const wire = {
    name: 't1',
    task_id: { value: 't1' },
    agent_id: { value: 'a1' },
    resources: toWire(held, { format: 'stacks', ...(role ? { allocationRole: role } : {}) }),
    limits: Object.fromEntries(
      Object.entries(limits ?? {}).map(([name, value]) => [name, { value }]),
    ),
    ...task,
  }
  const info = codec.decode(Buffer.from(JSON.stringify(wire)))
  const plan = planContainer(info, placement(held, given))
  if (plan.kind === 'refused' || plan.kind === 'forbidden') return `${plan.kind}: ${plan.message}\n`
  if (plan.kind !== 'create') return `${JSON.stringify(plan)}\n`
  const { HostConfig, ...body } = plan.request.body
  return [
    `${plan.request.name}${plan.pullFirst ? `, ${plan.image} pulled first` : ''}`,
    ...lines(body, ''),
    ...lines(record(HostConfig), 'HostConfig.'),
    '',
  ].join('\n')
}

/** One field a line; the labels are the same for all but their tier. */
const lines = (fields: Readonly<Record<string, unknown>>, prefix: string): readonly string[] =>
  Object.entries(fields)
    .map(([name, value]) => [name, name === 'Labels' ? own(record(value)) : value] as const)
    .map(([name, value]) => `${prefix}${name} ${JSON.stringify(value)}`)

const own = (labels: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(labels).filter(([name]) => !/^org\.mesos\.(.*_id|revocable)$/.test(name)),
  )

const placement = (
  resources: Resources,
  { sandbox, cfs = false, policy = 'all' }: Given,
): Placement => ({
  agentId: id<AgentId>('a1'),
  frameworkId: id<FrameworkId>('f1'),
  containerId: 'c-uuid',
  resources,
  tiers: { regular: '/shoal/regular', revocable: '/shoal/revocable' },
  enforcement: { cfs, memoryBytes: 8 * 1024 ** 3 },
  policy: parsePolicy(policy),
  ...(sandbox ? { sandbox: { hostPath: '/srv/run', mappedPath: '/mnt/mesos/sandbox' } } : {}),
})
