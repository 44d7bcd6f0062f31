import { describe, expect, test } from 'vitest'
import type { Allocation } from '../../../../src/core-master/allocator/snapshot.ts'
import { format, plus } from '../../../../src/resources/resources.ts'
import { AllocatorCluster, reservedFor } from '../../../support/allocator-cluster.ts'
import { each, machine, modes, what, who } from '../../../support/allocator-text.ts'
import { amounts } from '../../../support/master-scenario.ts'

describe.each(modes)('fair share, $mode (core-master §5.4)', ({ jointOffers }) => {
  test('A1: roles first, then frameworks within the role', () => {
    const cluster = new AllocatorCluster({ jointOffers }).framework('f1', 'r1')
    expect(who(cluster.agent('a1', machine(2, 1024)).run('a1'))).toBe('f1 gets a1')
    cluster.framework('f2', 'r2')
    expect(who(cluster.agent('a2', machine(1, 512)).run('a2'))).toBe('f2 gets a2')
    expect(who(cluster.agent('a3', machine(3, 2048)).run('a3'))).toBe('f2 gets a3')
    cluster.framework('f3', 'r1')
    expect(who(cluster.agent('a4', machine(4, 4096)).run('a4'))).toBe('f3 gets a4')
    cluster.framework('f4', 'r1')
    expect(who(cluster.agent('a5', machine(1, 512)).run('a5'))).toBe('f2 gets a5')
  })

  test('A2: what is reserved counts in the share of its role', () => {
    const cluster = new AllocatorCluster({ jointOffers }).framework('f1', 'r1')
    const a1 = plus(machine(1, 512), reservedFor('r1', machine(100, 1024)))
    expect(who(cluster.agent('a1', a1).run('a1'))).toBe('f1 gets a1')
    cluster.framework('f2', 'r2')
    expect(who(cluster.agent('a2', machine(2, 512)).run('a2'))).toBe('f2 gets a2')
    expect(who(cluster.agent('a3', machine(2, 512)).run('a3'))).toBe('f2 gets a3')
    cluster.framework('f3', 'r1').agent('a4', reservedFor('r1', machine(2, 1024)))
    expect(who(cluster.run('a4'))).toBe('f3 gets a4')
  })

  test('A3: names that fairness leaves out change nothing', () => {
    const cluster = new AllocatorCluster({ jointOffers })
    cluster.fairnessExcludes = new Set(['gpus'])
    cluster.framework('f1', 'r1', ['GPU_RESOURCES'])
    cluster.agent('a1', amounts('cpus:2;mem:1024;gpus:1'))
    expect(who(cluster.run('a1'))).toBe('f1 gets a1')
    cluster.framework('f2', 'r2')
    expect(who(cluster.agent('a2', machine(1, 512)).run('a2'))).toBe('f2 gets a2')
    expect(who(cluster.agent('a3', machine(3, 2048)).run('a3'))).toBe('f2 gets a3')
    cluster.framework('f3', 'r1')
    expect(who(cluster.agent('a4', machine(4, 4096)).run('a4'))).toBe('f3 gets a4')
  })

  test('A4: roles within a role compete as one', () => {
    const cluster = new AllocatorCluster({ jointOffers }).framework('f1', 'a/b')
    expect(who(cluster.agent('a1', machine(2, 1024)).run('a1'))).toBe('f1 gets a1')
    cluster.framework('f2', 'a/c').framework('f3', 'd/e')
    expect(who(cluster.agent('a2', machine(1, 512)).run('a2'))).toBe('f3 gets a2')
    cluster.framework('f4', 'd/f')
    expect(who(cluster.agent('a3', machine(2, 1024)).run('a3'))).toBe('f4 gets a3')
  })

  test('A5: equals that return everything are served in turn', () => {
    const cluster = new AllocatorCluster({ jointOffers }).agent('a1', machine(2, 1024))
    cluster.framework('f1', '*').framework('f2', '*')
    const served = Array.from({ length: 10 }, () => {
      const plan = cluster.run()
      cluster.recoverAll(plan)
      return who(plan)
    })
    expect(served.filter((one) => one === 'f1 gets a1')).toHaveLength(5)
    expect(served.filter((one) => one === 'f2 gets a1')).toHaveLength(5)
  })

  test('A6: two equal agents, two roles: each gets a whole one', () => {
    const cluster = new AllocatorCluster({ jointOffers })
      .framework('f1', 'r1')
      .framework('f2', 'r2')
    cluster.agent('a1', machine(2, 1024)).agent('a2', machine(2, 1024))
    expect(who(cluster.run())).toBe('f1 gets a1, f2 gets a2')
  })

  test('A7: six equal agents are shared by weight', () => {
    const cluster = new AllocatorCluster({ jointOffers })
      .framework('f1', 'r1')
      .framework('f2', 'r2')
    for (const n of [1, 2, 3, 4, 5, 6]) cluster.agent(`a${n}`, machine(2, 1024))
    const shares = () => {
      const plan = cluster.run()
      cluster.recoverAll(plan)
      return ['r1', 'r2', 'r3'].map((role) => plan.filter((one) => one.role === role).length)
    }
    expect(shares()).toEqual([3, 3, 0])
    cluster.weights.set('r2', 2)
    expect(shares()).toEqual([2, 4, 0])
    cluster.framework('f3', 'r3').weights.set('r3', 3)
    expect(shares()).toEqual([1, 2, 3])
  })

  test('A15: one of the minimums must be reached', () => {
    const offers = (resources: string) => {
      const cluster = new AllocatorCluster({ jointOffers }).framework('f1', 'r1')
      return cluster.agent('a1', amounts(resources)).run().length
    }
    expect(offers('cpus:0.005;mem:16')).toBe(0)
    expect(offers('cpus:0.01;mem:16')).toBe(1)
    expect(offers('cpus:0.005;mem:32')).toBe(1)
    expect(offers('cpus:0.005;cpus(r1):0.005;mem:16')).toBe(1)
    expect(offers('ports:[31000-32000]')).toBe(0)
  })

  test('A15: the minimum is of regular and revocable amounts together', () => {
    const cluster = new AllocatorCluster({ jointOffers })
    cluster.framework('f1', 'r1', ['REVOCABLE_RESOURCES'])
    const plan = cluster.agent('a1', amounts('cpus:0.005;+cpus:0.005')).run()
    expect(format(plus(...plan.flatMap(({ offers }) => offers)))).toBe(
      'cpus:0.005; cpus{REV}:0.005',
    )
  })

  test('A16: a framework has minimums of its own, an empty set accepts anything', () => {
    const cluster = new AllocatorCluster({ jointOffers }).framework('f1', 'r1')
    cluster.agent('a1', amounts('cpus:0.005;mem:1'))
    expect(cluster.run()).toEqual([])
    const book = cluster.frameworks.get('f1')
    if (book === undefined) throw new Error('f1 is there')
    book.minAllocatable = [new Map([['mem', 1000]])]
    const plan = cluster.run()
    expect(who(plan)).toBe('f1 gets a1')
    cluster.recoverAll(plan)
    book.minAllocatable = []
    expect(who(cluster.run())).toBe('f1 gets a1')
  })

  test('A23: a total that shrinks below what is out offers nothing, and more once it grows', () => {
    const cluster = new AllocatorCluster({ jointOffers }).framework('f1', '*')
    const first = cluster.agent('a1', machine(100, 1024)).run()
    expect(what(first)).toEqual(['cpus:100; mem:1024'])
    expect(what(cluster.agent('a1', machine(112, 1024)).run())).toEqual(['cpus:12'])
    expect(what(cluster.agent('a1', machine(50, 1024)).run())).toEqual([])
    cluster.recoverAll(first)
    cluster.recover('f1', 'a1', amounts('cpus:12'))
    expect(what(cluster.run())).toEqual(['cpus:50; mem:1024'])
    expect(what(cluster.agent('a1', machine(100, 1024)).run())).toEqual(['cpus:50'])
  })

  test('A24: what was held of a removed agent no longer counts', () => {
    const cluster = new AllocatorCluster({ jointOffers })
      .framework('f1', 'r1')
      .framework('f2', 'r2')
    cluster.agent('a1', machine(2, 200)).take('f1', 'a1', machine(2, 200))
    cluster.agent('a2', machine(1, 100)).take('f2', 'a2', machine(1, 100))
    cluster.removeAgent('a1', 'f1')
    expect(who(cluster.agent('a3', machine(1, 100)).run('a3'))).toBe('f1 gets a3')
  })

  test('A25: a returned reserved part is offered alone, later the unreserved part', () => {
    const cluster = new AllocatorCluster({ jointOffers }).framework('f1', 'r1')
    cluster.agent('a1', amounts('cpus(r1):1;mem(r1):512;cpus:1;mem:512')).run()
    cluster.recover('f1', 'a1', amounts('cpus(r1):1;mem(r1):512'))
    expect(what(cluster.run())).toEqual(['cpus(r1):1; mem(r1):512'])
    cluster.recover('f1', 'a1', amounts('cpus:1;mem:512'))
    expect(what(cluster.run())).toEqual(['cpus:1; mem:512'])
  })

  test('what is reserved for a role goes to no other (R11)', () => {
    const cluster = new AllocatorCluster({ jointOffers })
      .framework('f1', 'r1')
      .framework('f2', 'r2')
    const plan = cluster.agent('a1', amounts('cpus(r2):1;cpus:1')).run()
    expect(
      plan.map(({ framework, offers }) => [
        framework,
        what([{ ...plan[0], offers } as Allocation]),
      ]),
    ).toEqual([
      ['f1', ['cpus:1']],
      ['f2', ['cpus(r2):1']],
    ])
  })

  test('an agent with gpus is only for frameworks that know them', () => {
    const cluster = new AllocatorCluster({ jointOffers }).framework('f1', 'r1')
    cluster.agent('a1', amounts('cpus:1;mem:512;gpus:1'))
    expect(cluster.run()).toEqual([])
    cluster.framework('f2', 'r2', ['GPU_RESOURCES'])
    expect(who(cluster.run())).toBe('f2 gets a1')
  })

  test('A9: a filter holds until its time, and longer where no run was yet (A10)', () => {
    const cluster = new AllocatorCluster({ jointOffers }).framework('f1', 'r1')
    cluster.agent('a1', machine(1, 512)).run()
    cluster.recover('f1', 'a1', machine(1, 512), 2000)
    cluster.nowMs = 1999
    expect(cluster.run()).toEqual([])
    cluster.nowMs = 2000
    expect(who(cluster.run())).toBe('f1 gets a1')
    cluster.recover('f1', 'a1', machine(1, 512), 0)
    expect(cluster.run()).toEqual([])
    expect(who(cluster.run())).toBe('f1 gets a1')
  })

  test('O5: a filter lets anything bigger or different through', () => {
    const cluster = new AllocatorCluster({ jointOffers }).framework('f1', 'r1')
    cluster.agent('a1', machine(2, 512)).run()
    cluster.recover('f1', 'a1', machine(1, 512), 60_000)
    expect(cluster.run()).toEqual([])
    cluster.recover('f1', 'a1', amounts('cpus:1'))
    expect(what(cluster.run())).toEqual(['cpus:2; mem:512'])
  })
})

describe('oversubscription (core-master §5.4)', () => {
  const start = (jointOffers: boolean, capabilities: readonly string[]) => {
    const cluster = new AllocatorCluster({ jointOffers }).framework('f1', '*', capabilities)
    cluster.agent('a1', amounts('cpus:100;mem:1024')).run()
    return cluster
  }

  test.each(modes)('A20, $mode: more is offered, less is not', ({ jointOffers }) => {
    const cluster = start(jointOffers, ['REVOCABLE_RESOURCES'])
    const lend = (cpus: number) =>
      cluster.agent('a1', amounts(`cpus:100;mem:1024;+cpus:${cpus}`)).run()
    expect(what(lend(10))).toEqual(['cpus{REV}:10'])
    expect(what(lend(12))).toEqual(['cpus{REV}:2'])
    expect(what(lend(5))).toEqual([])
  })

  test.each(modes)(
    'A21, $mode: nothing for a framework without the capability',
    ({ jointOffers }) => {
      const cluster = start(jointOffers, [])
      expect(cluster.agent('a1', amounts('cpus:100;mem:1024;+cpus:10')).run()).toEqual([])
    },
  )

  test.each([
    { mode: 'together in one offer', jointOffers: true, want: ['cpus:2; cpus{REV}:6'] },
    { mode: 'in an offer of each kind', jointOffers: false, want: ['cpus:2', 'cpus{REV}:6'] },
  ])('A22: what is returned of both kinds is offered $mode', ({ jointOffers, want }) => {
    const cluster = start(jointOffers, ['REVOCABLE_RESOURCES'])
    cluster.agent('a1', amounts('cpus:100;mem:1024;+cpus:10')).run()
    cluster.recover('f1', 'a1', amounts('cpus:2;+cpus:6'))
    const plan = cluster.run()
    expect(what(plan)).toEqual(want)
    expect(plan).toHaveLength(1)
  })

  test('a filter on one kind lets the other through; on a joint offer it must contain both', () => {
    const declined = (jointOffers: boolean) => {
      const cluster = new AllocatorCluster({ jointOffers })
      cluster.framework('f1', '*', ['REVOCABLE_RESOURCES'])
      cluster.agent('a1', amounts('cpus:1;+cpus:2')).run()
      cluster.recover('f1', 'a1', amounts('cpus:1'))
      cluster.recover('f1', 'a1', amounts('+cpus:2'), 60_000)
      return what(cluster.run())
    }
    expect(declined(false)).toEqual(['cpus:1'])
    expect(declined(true)).toEqual(['cpus:1; cpus{REV}:2'])
  })

  test('S17: with joint offers what is lent counts as what is not, else each by itself', () => {
    const next = (jointOffers: boolean) => {
      const cluster = new AllocatorCluster({ jointOffers })
      cluster.framework('f1', 'r1').framework('f2', 'r2', ['REVOCABLE_RESOURCES'])
      cluster.agent('a1', amounts('cpus:10;mem:1000;+cpus:10'))
      cluster.take('f1', 'a1', amounts('cpus:2'))
      cluster.take('f2', 'a1', amounts('cpus:1;+cpus:9'))
      cluster.agent('a2', machine(1, 100))
      return who(cluster.run('a2'))
    }
    expect(next(true)).toBe('f1 gets a2')
    expect(next(false)).toBe('f2 gets a2')
  })

  test('separate ledgers: who has much of what is lent is last only for more of that', () => {
    const cluster = new AllocatorCluster({ jointOffers: false })
    for (const name of ['f1', 'f2']) cluster.framework(name, name, ['REVOCABLE_RESOURCES'])
    cluster.agent('a1', amounts('cpus:4;mem:400;+cpus:4'))
    cluster.take('f1', 'a1', amounts('+cpus:4'))
    cluster.take('f2', 'a1', amounts('cpus:4;mem:400'))
    const plan = cluster.agent('a2', amounts('cpus:1;mem:100;+cpus:1')).run('a2')
    expect(each(plan)).toEqual(['f1: cpus:1; mem:100', 'f2: cpus{REV}:1'])
  })

  test('the kind that one framework cannot take goes to the next in the same run', () => {
    const cluster = new AllocatorCluster({ jointOffers: false })
    cluster.framework('f1', 'r1').framework('f2', 'r2', ['REVOCABLE_RESOURCES'])
    const plan = cluster.agent('a1', amounts('cpus:1;+cpus:2')).run()
    expect(
      plan.map(({ framework, offers }) => `${framework} ${offers.map(format).join(' | ')}`),
    ).toEqual(['f1 cpus:1', 'f2 cpus{REV}:2'])
  })
})

test('a thousand agents are shared evenly among a hundred frameworks of ten roles', () => {
  const cluster = new AllocatorCluster({ jointOffers: false })
  for (let n = 0; n < 100; n++) cluster.framework(`f${n}`, `r${n % 10}`, ['REVOCABLE_RESOURCES'])
  for (let n = 0; n < 1000; n++) cluster.agent(`a${n}`, amounts('cpus:4;mem:1024;+cpus:2'))
  const plan = cluster.run()
  expect(plan).toHaveLength(1000)
  const shares = [...cluster.frameworks.values()].map(
    ({ counts }) => [...counts.values()][0]?.regular ?? 0,
  )
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
})
