import { describe, expect, test } from 'vitest'
import { pushReservation, reserve, unreserve } from '../../../../src/resources/convert.ts'
import { plus, type Resource, scalar } from '../../../../src/resources/resources.ts'
import { AllocatorCluster, reservedFor } from '../../../support/allocator-cluster.ts'
import { each, machine, modes, what, who } from '../../../support/allocator-text.ts'
import { amounts } from '../../../support/master-scenario.ts'

describe.each(modes)('reservations and quota, $mode (core-master §5.4)', ({ jointOffers }) => {
  const start = () => new AllocatorCluster({ jointOffers })
  const mount = (mib: number): Resource => ({
    ...scalar('disk', mib),
    disk: { type: 'MOUNT', root: '/m' },
  })

  test('A31: what is reserved goes to its role, the rest by fair share', () => {
    const cluster = start().framework('f1', 'r1').framework('f2', 'r2')
    cluster.agent('a1', reservedFor('r1', machine(1, 512)))
    expect(who(cluster.run())).toBe('f1 gets a1')
    cluster.agent('a2', plus(reservedFor('r2', machine(2, 1024)), machine(1, 1024)))
    cluster.role('f2', 'r2').isActive = false
    expect(each(cluster.run('a2'))).toEqual(['f1: cpus:1; mem:1024'])
    cluster.role('f2', 'r2').isActive = true
    expect(each(cluster.run('a2'))).toEqual(['f2: cpus(r2):2; mem(r2):1024'])
    expect(cluster.agent('a3', reservedFor('r3', machine(1, 1024))).run('a3')).toEqual([])
    expect(cluster.why('f1', 'a3')).toBe('nothing for it')
  })

  test('A32: what is reserved for a role is for those below it, too', () => {
    const cluster = start().framework('f1', 'a/b/c')
    cluster.agent('a1', plus(reservedFor('a', machine(1, 100)), machine(1, 100)))
    cluster.agent('a2', reservedFor('a/b', machine(1, 100)))
    cluster.agent('a3', reservedFor('a/b/d', machine(1, 100)))
    expect(each(cluster.run())).toEqual([
      'f1: cpus:1; cpus(a):1; cpus(a/b):1; mem:100; mem(a):100; mem(a/b):100',
    ])
  })

  test('A33: a guarantee is kept also while its framework declines', () => {
    const cluster = start().quota('rq', machine(2, 1024)).framework('f1', 'rq')
    cluster.framework('f2', 'other')
    expect(who(cluster.agent('a1', machine(1, 512)).run('a1'))).toBe('f1 gets a1')
    const second = cluster.agent('a2', machine(1, 512)).run('a2')
    expect(who(second)).toBe('f1 gets a2')
    cluster.recoverAll(second, 2000)
    cluster.nowMs = 1000
    expect(cluster.run()).toEqual([])
    expect([cluster.why('f1', 'a2'), cluster.why('f2', 'a2')]).toEqual(['filter', 'quota headroom'])
    cluster.nowMs = 2000
    expect(who(cluster.run())).toBe('f1 gets a2')
  })

  test('A34: a limit holds, and cuts what is offered', () => {
    const cluster = start().framework('f1', '*').framework('f2', 'r2')
    cluster.quotas.set('*', { guarantees: new Map(), limits: zero })
    const a1 = amounts('cpus:2;mem:1024;disk:1024')
    expect(who(cluster.agent('a1', a1).run())).toBe('f2 gets a1')
    cluster.quota('*', amounts('cpus:1;mem:512;disk:512'))
    expect(each(cluster.agent('a2', a1).run('a2'))).toEqual([
      'f1: cpus:1; disk:512; mem:512',
      'f2: cpus:1; disk:512; mem:512',
    ])
  })

  const zero = new Map([
    ['cpus', 0],
    ['mem', 0],
    ['disk', 0],
  ])

  test('A35: once a quota is gone, what is freed goes by fair share', () => {
    const cluster = start().quota('rq', machine(2, 1024)).framework('f1', 'rq')
    cluster.framework('f2', 'other').agent('a1', machine(1, 512)).agent('a2', machine(1, 512))
    expect(who(cluster.run())).toBe('f1 gets a1, f1 gets a2')
    cluster.quotas.clear()
    cluster.recover('f1', 'a1', machine(1, 512))
    expect(who(cluster.run())).toBe('f2 gets a1')
  })

  test('A36: frameworks of a role share its guarantee', () => {
    const cluster = start().quota('rq', machine(4, 2048)).framework('f1a', 'rq')
    expect(who(cluster.agent('a1', machine(1, 512)).run('a1'))).toBe('f1a gets a1')
    cluster.framework('f1b', 'rq')
    expect(who(cluster.agent('a2', machine(2, 1024)).run('a2'))).toBe('f1b gets a2')
    const third = cluster.agent('a3', machine(1, 512)).run('a3')
    expect(who(third)).toBe('f1a gets a3')
    cluster.recoverAll(third, 60_000)
    expect(who(cluster.run())).toBe('f1b gets a3')
  })

  test('A37: a guarantee takes no more of an agent than it lacks', () => {
    const cluster = start().quota('rq', machine(0.5, 200)).framework('f1', 'rq')
    cluster.framework('f2', 'other').agent('a1', machine(1, 512))
    expect(each(cluster.run())).toEqual(['f1: cpus:0.5; mem:200', 'f2: cpus:0.5; mem:312'])
  })

  test('A38: what cannot be cut is taken whole or not at all', () => {
    const cluster = start().quota('rq', amounts('cpus:2;mem:2048;disk:150')).framework('f1', 'rq')
    const small = plus(machine(0.5, 512), [mount(100)])
    expect(what(cluster.agent('a1', small).run('a1'))).toEqual([
      'cpus:0.5; disk[MOUNT:/m]:100; mem:512',
    ])
    expect(what(cluster.agent('a2', small).run('a2'))).toEqual(['cpus:0.5; mem:512'])
    const third = amounts('cpus:2;mem:2048;disk:150')
    expect(what(cluster.agent('a3', third).run('a3'))).toEqual(['cpus:1; disk:50; mem:1024'])
  })

  test('A38: one guarantee may be met by several pieces', () => {
    const cluster = start().framework('f1', 'rq').quota('rq', amounts('disk:100'))
    cluster.agent('a1', plus(amounts('disk:50;cpus:1'), [mount(50)]))
    expect(what(cluster.run())).toEqual(['cpus:1; disk:50; disk[MOUNT:/m]:50'])
  })

  test('A39: with what is guaranteed comes what is not, as far as nobody else needs it', () => {
    const ports = amounts('cpus:1;mem:1024;ports:[31000-32000]')
    const cluster = start().framework('f1', 'r1').quota('r1', amounts('cpus:2'))
    expect(what(cluster.agent('a1', ports).run())).toEqual([
      'cpus:1; mem:1024; ports:[31000-32000]',
    ])
    cluster.quota('r2', amounts('mem:1024'))
    expect(what(cluster.agent('a2', ports).run('a2'))).toEqual(['cpus:1; ports:[31000-32000]'])
    cluster.framework('f2', 'r2')
    expect(each(cluster.run('a2'))).toEqual(['f2: mem:1024'])
    cluster.role('f2', 'r2').isActive = false
    expect(each(cluster.agent('a3', ports).run('a3'))).toEqual([
      'f1: mem:1024; ports:[31000-32000]',
    ])
  })

  test('A40: a guarantee that is met leaves the rest to others', () => {
    const cluster = start().quota('rq', machine(0.25, 128)).framework('f1', 'rq')
    cluster.framework('f2', 'other').agent('a1', machine(1, 512)).agent('a2', machine(3, 1024))
    expect(each(cluster.run())).toEqual(['f1: cpus:0.25; mem:128', 'f2: cpus:3.75; mem:1408'])
  })

  test('A41: a guarantee ends that others are served first', () => {
    const cluster = start().framework('f1', 'r1').framework('f2', 'r2')
    cluster.agent('a1', machine(1, 512)).agent('a2', machine(1, 512))
    cluster.take('f1', 'a1', machine(1, 512))
    const given = cluster.run()
    expect(who(given)).toBe('f2 gets a2')
    cluster.recoverAll(given)
    expect(who(cluster.run())).toBe('f2 gets a2')
    cluster.recover('f2', 'a2', machine(1, 512))
    cluster.quota('r1', machine(2, 1024))
    expect(who(cluster.run())).toBe('f1 gets a2')
  })

  test('A42: for a guarantee without framework as much is kept back', () => {
    const cluster = start().quota('absent', machine(2, 1024)).framework('f1', 'r1')
    expect(cluster.agent('a1', machine(2, 1024)).run()).toEqual([])
    expect(cluster.why('f1', 'a1')).toBe('quota headroom')
    expect(who(cluster.agent('a2', machine(2, 1024)).run())).toBe('f1 gets a1')
  })

  test('A43: a guarantee without framework is not in the way of another', () => {
    const cluster = start().quota('absent', machine(1, 1024)).quota('r2', machine(1, 1024))
    cluster.framework('f2', 'r2').agent('a1', machine(1, 1024))
    expect(who(cluster.run())).toBe('f2 gets a1')
  })

  test('A44: of two guarantees the one that lacks is served, and no more than it lacks', () => {
    const cluster = start().quota('r1', machine(1, 200)).quota('r2', machine(2, 2000))
    cluster.framework('f1', 'r1').framework('f2', 'r2')
    cluster.agent('a1', machine(1, 200)).take('f1', 'a1', machine(1, 200))
    cluster.agent('a2', machine(1, 1024)).take('f2', 'a2', machine(1, 1024))
    expect(each(cluster.agent('a3', machine(2, 2048)).run())).toEqual(['f2: cpus:1; mem:976'])
  })

  test.each([
    { name: 'unallocated', isActive: false },
    { name: 'allocated', isActive: true },
  ])('A45: reservations count for a guarantee, here $name', ({ isActive }) => {
    const cluster = start().quota('rq', machine(1, 1024)).framework('f1', 'rq')
    cluster.framework('f2', 'other').agent('a1', reservedFor('rq', machine(1, 1024)))
    cluster.role('f1', 'rq').isActive = isActive
    cluster.run()
    cluster.role('f1', 'rq').isActive = true
    expect(who(cluster.agent('a2', machine(1, 512)).run('a2'))).toBe('f2 gets a2')
    cluster.quota('rq', machine(2, 2048))
    const more = cluster.agent('a3', machine(1, 1024)).agent('a4', machine(1, 1024)).run('a3', 'a4')
    expect(who(more)).toBe('f1 gets a3, f2 gets a4')
  })

  test("A46: what is kept back never keeps back a role's own reservations", () => {
    const cluster = start().quota('absent', machine(2, 1024)).framework('f1', 'r1')
    cluster.agent('a1', plus(reservedFor('r1', machine(1, 512)), machine(1, 512)))
    expect(what(cluster.run())).toEqual(['cpus(r1):1; mem(r1):512'])
  })

  test('A46: what is reserved for others is nothing to meet a guarantee with', () => {
    const cluster = start().quota('absent', machine(1, 512)).framework('f1', 'r1')
    cluster.agent('a1', reservedFor('r3', machine(4, 4096))).agent('a2', machine(1, 512))
    expect(cluster.run()).toEqual([])
  })

  test('A47: more reserved than guaranteed frees nothing of what others were promised', () => {
    const cluster = start().quota('r1', machine(1, 1024)).quota('r2', machine(1, 1024))
    cluster.framework('f3', 'r3').agent('a1', reservedFor('r1', machine(2, 2048)))
    expect(cluster.agent('a2', machine(1, 1024)).run()).toEqual([])
    expect(who(cluster.agent('a3', machine(1, 1024)).run())).toBe('f3 gets a2')
  })

  test('A48: what those below a role hold and have reserved counts for it', () => {
    const cluster = start().quota('a', machine(2, 200)).framework('f1', 'a')
    cluster.framework('f2', 'other').agent('a1', reservedFor('a/b', machine(1, 100)))
    expect(each(cluster.agent('a2', machine(2, 200)).run())).toEqual([
      'f1: cpus:1; mem:100',
      'f2: cpus:1; mem:100',
    ])
  })

  test("A48: a role's reservation that one below it uses is allocated", () => {
    const cluster = start().quota('a', machine(1, 100)).framework('f1', 'a/b')
    cluster.framework('f2', 'other').agent('a1', reservedFor('a', machine(1, 100)))
    expect(who(cluster.run())).toBe('f1 gets a1')
    expect(who(cluster.agent('a2', machine(1, 100)).run())).toBe('f2 gets a2')
  })

  test('A48, stricter than Mesos: the limit of a role binds those below it', () => {
    const cluster = start().quota('a', machine(1, 100)).framework('f1', 'a/b')
    cluster.agent('a1', machine(1, 100)).take('f1', 'a1', machine(1, 100))
    expect(cluster.agent('a2', machine(1, 100)).run()).toEqual([])
    expect(cluster.why('f1', 'a2')).toBe('quota limit')
  })

  test('A49: a guarantee that lacks one resource only takes only that', () => {
    const cluster = start().quota('rq', machine(4, 1024)).framework('f1', 'rq')
    expect(what(cluster.agent('a1', machine(2, 1024)).run())).toEqual(['cpus:2; mem:1024'])
    expect(what(cluster.agent('a2', machine(2, 1024)).run())).toEqual(['cpus:2'])
  })

  test('A50: what is held counts once, reserved or not', () => {
    const cluster = start().quota('rq', machine(10, 1024)).framework('f1', 'rq')
    cluster.agent('a1', machine(5, 512)).run()
    const reserved = pushReservation(machine(5, 512), { type: 'DYNAMIC', role: 'rq' })
    cluster.updateAllocation('f1', 'a1', reserve(reserved))
    expect(what(cluster.agent('a2', machine(10, 1024)).run())).toEqual(['cpus:5; mem:512'])
    cluster.recover('f1', 'a2', machine(5, 512))
    cluster.updateAllocation('f1', 'a1', unreserve(reserved))
    expect(what(cluster.run())).toEqual(['cpus:5; mem:512'])
  })

  test('A27: an operator reserves what is free, and fails on what is offered', () => {
    const cluster = start().framework('f1', 'r1').agent('a1', machine(100, 100))
    const reserved = pushReservation(machine(25, 50), { type: 'DYNAMIC', role: 'r1' })
    expect(cluster.updateAvailable('a1', reserve(reserved))).toBe(true)
    expect(what(cluster.run())).toEqual(['cpus:75; cpus(r1):25; mem:50; mem(r1):50'])
    expect(cluster.updateAvailable('a1', reserve(reserved))).toBe(false)
  })
})
