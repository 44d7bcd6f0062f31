import { describe, expect, test } from 'vitest'
import { asVolume } from '../../../../src/resources/convert.ts'
import { plus, type Resource, scalar } from '../../../../src/resources/resources.ts'
import { AllocatorCluster } from '../../../support/allocator-cluster.ts'
import { each, machine, modes, what, who } from '../../../support/allocator-text.ts'
import { amounts } from '../../../support/master-scenario.ts'

describe.each(modes)(
  'what a framework can take, $mode (core-master §2, §5.4)',
  ({ jointOffers }) => {
    const start = () => new AllocatorCluster({ jointOffers })

    test('A17: nothing of an agent that knows no frameworks with several roles, until it does', () => {
      const cluster = start().framework('f1', 'r1', ['MULTI_ROLE'])
      cluster.agent('a1', machine(1, 512), { capabilities: [] })
      expect(cluster.run()).toEqual([])
      expect(cluster.why('f1', 'a1')).toBe('multi role')
      expect(who(cluster.agent('a1', machine(1, 512)).run())).toBe('f1 gets a1')
    })

    test('a role within a role gets nothing of an agent that knows none', () => {
      const cluster = start().framework('f1', 'a/b').framework('f2', 'c')
      cluster.agent('a1', machine(1, 512), { capabilities: ['MULTI_ROLE'] })
      expect(who(cluster.run())).toBe('f2 gets a1')
      expect(cluster.why('f1', 'a1')).toBe('hierarchical role')
    })

    const volume = asVolume(
      { ...scalar('disk', 5), reservations: [{ type: 'DYNAMIC', role: 'r1' }] },
      { id: 'v1', containerPath: 'data', mode: 'RW' },
      true,
    )

    test('A18: a shared volume is only for those that know such', () => {
      const cluster = start().framework('f1', 'r1')
      cluster.agent('a1', plus(amounts('cpus:1;mem:512;disk:95'), [volume]))
      expect(what(cluster.run())).toEqual(['cpus:1; disk:95; mem:512'])
      const capable = start().framework('f2', 'r1', ['SHARED_RESOURCES'])
      capable.agent('a1', plus(amounts('cpus:1;mem:512;disk:95'), [volume]))
      expect(what(capable.run())).toEqual(['cpus:1; disk:95; disk(r1)[v1:data]{SHARED}:5; mem:512'])
    })

    test('A18: a shared volume in use is offered again, once a run', () => {
      const cluster = start().framework('f1', 'r1', ['SHARED_RESOURCES'])
      cluster.framework('f2', 'r1', ['SHARED_RESOURCES'])
      for (const name of ['f1', 'f2']) {
        const book = cluster.frameworks.get(name)
        if (book !== undefined) book.minAllocatable = []
      }
      cluster.agent('a1', [volume], { shared: [volume] }).take('f1', 'a1', [volume])
      expect(each(cluster.run())).toEqual(['f2: disk(r1)[v1:data]{SHARED}:5'])
    })

    test('A19: who cannot take a refined reservation is passed over', () => {
      const cluster = start().framework('f1', 'p/c', ['RESERVATION_REFINEMENT'])
      cluster.framework('f2', 'p/c').agent('a0', machine(1, 512)).take('f1', 'a0', machine(1, 512))
      const refined = amounts('cpus:1;mem:512').map(
        (resource): Resource => ({
          ...resource,
          reservations: [
            { type: 'DYNAMIC', role: 'p' },
            { type: 'DYNAMIC', role: 'p/c' },
          ],
        }),
      )
      expect(who(cluster.agent('a1', refined).run('a1'))).toBe('f1 gets a1')
      expect(cluster.why('f2', 'a1')).toBe('nothing for it')
    })

    test('an agent of another region is for those that know of regions', () => {
      const cluster = start().framework('f1', 'r1').framework('f2', 'r2', ['REGION_AWARE'])
      cluster.agent('a1', machine(1, 512), { isRemote: true })
      expect(who(cluster.run())).toBe('f2 gets a1')
      expect(cluster.why('f1', 'a1')).toBe('region')
    })

    test('an agent with gpus is for those that know of gpus', () => {
      const cluster = start().framework('f1', 'r1').agent('a1', amounts('cpus:1;mem:64;gpus:1'))
      expect(cluster.run()).toEqual([])
      expect(cluster.why('f1', 'a1')).toBe('gpus')
    })
  },
)
