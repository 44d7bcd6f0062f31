import { expect, test } from 'vitest'
import { hasRevocable, named } from '../../src/resources/resources.ts'
import { FrameworkRig } from '../support/framework-rig.ts'
import { calm } from '../support/sim-network.ts'
import { simRandom } from '../support/sim-random.ts'

const storm = { minDelayMs: 0, maxDelayMs: 200, lossProbability: 0.05, breakProbability: 0.02 }

/** Twelve clients, some of which leave, on a network that loses and breaks; then calm. */
const stormy = async (seed: number) => {
  const random = simRandom(seed)
  const rig = new FrameworkRig(['mesos.tasktimeout=30s', 'mesos.launchtimeout=2m'], { seed })
  for (let i = 0; i < 3; i++) rig.addAgent(`node${i}`, 'cpus:4;mem:4096', 'cpus:4')
  await rig.open()
  rig.network.weather = storm
  const clients = []
  for (let i = 0; i < 12; i++) {
    const client = new AbortController()
    const kinds = random.next() < 0.5 ? (['regular'] as const) : (['revocable', 'regular'] as const)
    clients.push(rig.create({ kinds, cpus: 1 + Math.floor(random.next() * 3) }, client.signal))
    await rig.run(random.next() * 2000)
    if (random.next() < 0.3) client.abort()
    if (random.next() < 0.1) rig.mesos.hangUp()
  }
  await rig.run(30_000)
  rig.network.weather = calm
  await rig.run(180_000)
  return { rig, outcomes: clients.map((client) => client.value) }
}

test.each(Array.from({ length: 40 }, (_, i) => ({ seed: i + 1 })))(
  'a bad network, seed $seed: everybody is answered, and what nobody got is nowhere (D14, I2, I4, I8)',
  async ({ seed }) => {
    const { rig, outcomes } = await stormy(seed)
    expect(outcomes.filter((outcome) => outcome === undefined)).toEqual([])
    const created = outcomes.flatMap((outcome) => (outcome?.kind === 'created' ? [outcome.id] : []))
    const onEngines = [...rig.mesos.agents.values()].flatMap(({ endpoint }) => [
      ...endpoint.containers.keys(),
    ])
    expect(onEngines.toSorted()).toEqual(created.toSorted())
    expect(
      rig.framework
        .containers()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(created.toSorted())
    expect([...rig.framework.state.tasks.keys()].toSorted()).toEqual(
      [...rig.mesos.tasks.keys()].toSorted(),
    )
    for (const { resources } of rig.mesos.tasks.values())
      expect(new Set(named(resources, 'cpus').map((one) => one.revocable)).size).toBe(1)
    expect(rig.framework.nodes().every((node) => !hasRevocable(named(node.held, 'mem')))).toBe(true)
  },
)
