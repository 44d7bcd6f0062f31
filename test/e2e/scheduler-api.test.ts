import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { MediaType } from '../../src/mesos/codec.ts'
import type { Offer, Resource } from '../../src/mesos/wire.ts'
import { startCluster, type TestCluster } from '../support/cluster.ts'
import { SchedulerClient } from '../support/scheduler-client.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startCluster({
    engine: inject('engineHost'),
    args: [
      '--agents',
      '1',
      '--resources',
      'cpus:2;mem:1024',
      '--resource-estimator=fixed',
      '--cluster-opt',
      'mesos.offertimeout=500ms',
    ],
  })
})
afterAll(() => cluster.dispose())

const mediaTypes: readonly MediaType[] = ['application/json', 'application/x-protobuf']

const offersOf = (client: SchedulerClient): readonly Offer[] =>
  client.events.flatMap(({ offers }) => offers?.offers ?? [])

const lends = (resources: readonly Resource[] | undefined) =>
  resources?.some(({ revocable }) => revocable !== undefined) ?? false

test.each(mediaTypes)(
  'a framework without REVOCABLE_RESOURCES never gets lent resources (%s)',
  async (mediaType) => {
    const client = new SchedulerClient(cluster.ready.master, mediaType)
    await client.subscribe({ user: 'root', name: 'plain' })
    await client.next(({ type }) => type === 'OFFERS')
    expect(offersOf(client).some(({ resources }) => lends(resources))).toBe(false)
    expect(await client.call({ type: 'TEARDOWN' })).toBe(202)
    client.close()
  },
)

test.each(mediaTypes)(
  'with it, they come in an offer of their own; a task that mixes kinds of one name is refused (%s)',
  async (mediaType) => {
    const client = new SchedulerClient(cluster.ready.master, mediaType)
    await client.subscribe({
      user: 'root',
      name: 'greedy',
      capabilities: [{ type: 'REVOCABLE_RESOURCES' }, { type: 'PARTITION_AWARE' }],
    })
    await client.next(
      ({ offers }) => offers?.offers?.some(({ resources }) => lends(resources)) ?? false,
    )
    await client.next(
      ({ offers }) => offers?.offers?.some(({ resources }) => !lends(resources)) ?? false,
    )
    const offers = offersOf(client)
    for (const { resources } of offers) {
      const kinds = new Set(resources?.map(({ revocable }) => revocable !== undefined))
      expect(kinds.size).toBe(1)
    }
    const lent = offers.find(({ resources }) => lends(resources))
    const regular = offers.find(({ resources }) => !lends(resources))
    const cpus = (value: number, more: Partial<Resource> = {}): Resource => ({
      name: 'cpus',
      type: 'SCALAR',
      scalar: { value },
      ...more,
    })
    await client.call({
      type: 'ACCEPT',
      accept: {
        offer_ids: [lent, regular].flatMap((offer) => (offer === undefined ? [] : [offer.id])),
        operations: [
          {
            type: 'LAUNCH',
            launch: {
              task_infos: [
                {
                  name: 'mixed',
                  task_id: { value: `mixed-${mediaType.length}` },
                  agent_id: lent?.agent_id ?? { value: '' },
                  command: { value: 'true' },
                  resources: [cpus(0.5), cpus(0.5, { revocable: {} })],
                },
              ],
            },
          },
        ],
      },
    })
    const { update } = await client.next(({ type }) => type === 'UPDATE')
    expect(update?.status).toMatchObject({
      state: 'TASK_ERROR',
      reason: 'REASON_TASK_INVALID',
      message:
        "Task mixes revocable and non-revocable resources: Cannot use both revocable and non-revocable 'cpus' at the same time",
    })
    await client.call({ type: 'TEARDOWN' })
    client.close()
  },
)

test('without mesos.enablerevocable the Docker endpoint sees no revocable offer', async () => {
  const off = await startCluster({
    engine: inject('engineHost'),
    args: ['--agents=1', '--resource-estimator=fixed', '--cluster-opt=mesos.enablerevocable=false'],
  })
  try {
    const info = await off.docker.ok('info')
    expect(info).toMatch(/Offers: 1\n/)
    expect(info).not.toContain('(Revocable)')
    expect(info).toContain('res-type=regular')
    expect(
      await off.docker.refused('run', '-e', 'constraint:res-type==revocable', 'busybox', 'true'),
    ).toContain('constraint res-type==revocable needs --cluster-opt mesos.enablerevocable=true')
    expect(
      await off.docker.ok(
        'run',
        '--rm',
        '-e',
        'constraint:res-type==~revocable',
        'busybox',
        'echo',
        'ok',
      ),
    ).toBe('ok')
  } finally {
    await off.dispose()
  }
})
