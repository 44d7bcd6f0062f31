import { describe, expect, test } from 'vitest'
import { resourceTypeOf } from '../../support/fake-engine-endpoint.ts'
import { tasksOf } from '../../support/fake-mesos.ts'
import { FrameworkRig } from '../../support/framework-rig.ts'

const article = async () => {
  const rig = new FrameworkRig(['mesos.tasktimeout=10s', 'mesos.offertimeout=10m'])
  rig.addAgent('node1', 'cpus:2;mem:2919;disk:30504;ports:[31000-32000]', 'cpus:4')
  rig.addAgent('node2', 'cpus:2;mem:2919;disk:30504;ports:[31000-32000]', 'cpus:4')
  await rig.open()
  return rig
}

describe("the article's scenario (docker-frontend §8.5): 2 agents of 2 regular and 4 revocable cpus", () => {
  test.each([
    {
      name: 'three ==regular',
      kinds: ['regular'],
      count: 3,
      want: ['Regular', 'Regular', 'time-out'],
    },
    {
      name: 'three ==~regular',
      kinds: ['regular', 'revocable'],
      count: 3,
      want: ['Regular', 'Regular', 'Revocable'],
    },
    {
      name: 'five ==revocable',
      kinds: ['revocable'],
      count: 5,
      want: ['Revocable', 'Revocable', 'Revocable', 'Revocable', 'time-out'],
    },
    {
      name: 'five ==~revocable',
      kinds: ['revocable', 'regular'],
      count: 5,
      want: ['Revocable', 'Revocable', 'Revocable', 'Revocable', 'Regular'],
    },
  ] as const)('$name', async ({ kinds, count, want }) => {
    const rig = await article()
    const got: (string | undefined)[] = []
    for (let i = 0; i < count; i++) {
      const create = rig.create({ kinds })
      await rig.run(1500)
      if (create.value === undefined) await rig.run(10_000)
      const outcome = create.value
      if (outcome?.kind === 'created') {
        const found = rig.framework.find(outcome.id)
        got.push(found.kind === 'found' ? resourceTypeOf(found.container.inspect) : 'lost')
      } else if (outcome?.kind === 'failed') got.push('time-out')
    }
    expect(got).toEqual(want)
  })

  test('the time-out names each node and what was missing (D16)', async () => {
    const rig = await article()
    await rig.created()
    await rig.created()
    const third = rig.create()
    await rig.run(10_001)
    expect(third.value).toEqual({
      kind: 'failed',
      message: [
        'container failed to start after 10s: no resources available to schedule container',
        'node1: cpus 2 wanted, 0 offered',
        'node2: cpus 2 wanted, 0 offered',
      ].join('\n'),
    })
  })
})

test('a container that was created is in the list when create answers, with our labels', async () => {
  const rig = await article()
  const id = await rig.created({ name: 'web' })
  const [container] = rig.framework.containers()
  expect(container).toMatchObject({ id, name: 'web', unreachableSinceMs: undefined })
  expect(container?.inspect['Config']).toMatchObject({
    Labels: {
      'com.docker.swarm.mesos.name': 'web',
      'com.docker.swarm.mesos.detach': 'true',
      'com.docker.swarm.mesos.resourceType': 'Regular',
      'io.shoal.node': container?.hostname,
    },
  })
  expect(tasksOf(rig.mesos.of('ACCEPT')[0] ?? {})[0]?.task_id.value).toMatch(/^web\.[0-9a-f]{12}$/)
})
