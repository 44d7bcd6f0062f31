import { describe, expect, test } from 'vitest'
import { generator } from '../../../../bench/measure.ts'
import { drfSorter } from '../../../../src/core-master/allocator/drf-sorter.ts'
import { book, type Held, newHeld } from '../../../../src/core-master/allocator/held.ts'
import { addTo, type Quantities } from '../../../../src/core-master/allocator/quantities.ts'
import { randomSorter } from '../../../../src/core-master/allocator/random-sorter.ts'
import type { Sorter } from '../../../../src/core-master/allocator/sorter.ts'
import { type AgentId, id } from '../../../../src/mesos/ids.ts'
import { asVolume } from '../../../../src/resources/convert.ts'
import { as, type Resources, scalar } from '../../../../src/resources/resources.ts'

const orderOf = (sorter: Sorter): readonly number[] => {
  const served: number[] = []
  sorter.walk((client) => {
    served.push(client)
    return false
  })
  return served
}

/** Books around the sorter: each `order` sorts anew, as each run of the allocator does. */
class Books {
  readonly clients = new Map<
    string,
    { held: Map<string, number>; allocations: number; active: boolean }
  >()
  readonly weights = new Map<string, number>()
  total: Quantities = amounts(100, 100)

  /** Resources in the order cpus, mem; one allocation each. */
  allocated(name: string, cpus: number, mem: number, options: { weight?: number } = {}): this {
    const client = this.clients.get(name) ?? { held: new Map(), allocations: 0, active: true }
    addTo(client.held, amounts(cpus, mem))
    client.allocations += 1
    this.clients.set(name, client)
    if (options.weight !== undefined) this.weights.set(name, options.weight)
    return this
  }

  /** Clients that hold nothing and never got anything. */
  add(...names: string[]): this {
    for (const name of names)
      this.clients.set(name, { held: new Map(), allocations: 0, active: true })
    return this
  }

  returned(name: string, cpus: number, mem: number): this {
    addTo(this.client(name).held, amounts(cpus, mem), -1)
    return this
  }

  remove(name: string): this {
    this.clients.delete(name)
    return this
  }

  client(name: string) {
    const client = this.clients.get(name)
    if (client === undefined) throw new Error(`no client ${name}`)
    return client
  }

  order(): string {
    const clients = [...this.clients].map(([name, { held, ...client }]) => ({
      name,
      held: [held],
      ...client,
    }))
    const { total, weights } = this
    const sorter = drfSorter({ clients, total, weights, isTree: true, random: () => 0 })
    return orderOf(sorter)
      .map((client) => clients[client]?.name)
      .join(',')
  }
}

const amounts = (cpus: number, mem: number): Quantities =>
  new Map(
    [
      ['cpus', cpus * 1000],
      ['mem', mem * 1000],
    ].filter(([, milli]) => milli !== 0) as [string, number][],
  )

/** S1 and S5 are one story with other names. */
const comesAndGoes = ([a, b, c, d, e, f]: readonly [
  string,
  string,
  string,
  string,
  string,
  string,
]) => {
  const books = new Books().allocated(a, 5, 5).allocated(b, 6, 6)
  expect(books.order()).toBe([a, b].join())
  expect(books.allocated(c, 1, 1).allocated(d, 3, 1).order()).toBe([c, d, a, b].join())
  expect(books.remove(a).returned(b, 4, 4).order()).toBe([c, b, d].join())
  books.total = amounts(50, 100)
  expect(books.allocated(e, 1, 5).order()).toBe([c, b, e, d].join())
  books.total = amounts(50, 200)
  expect(books.allocated(f, 5, 1).allocated(c, 0, 15).order()).toBe([e, b, d, c, f].join())
  expect(books.clients.size).toBe(5)
  books.client(d).active = false
  expect(books.order()).toBe([e, b, c, f].join())
  books.client(d).active = true
  expect(books.order()).toBe([e, b, d, c, f].join())
}

describe('the DRF sorter (core-master §5.4)', () => {
  test.each([
    { name: 'S1: flat names', names: ['a', 'b', 'c', 'd', 'e', 'f'] },
    { name: 'S5: shallow paths', names: ['a/a', 'b/b', 'c/c', 'd/d', 'e/e', 'f/f'] },
    {
      name: 'S5: deep paths',
      names: ['a/a/a/a/a', 'b/b/b/b', 'c/c/c', 'd/d', 'e/e/e/e', 'f/f/f/f/f'],
    },
  ] as const)(
    '$name are ordered by dominant share as clients and totals come and go',
    ({ names }) => {
      comesAndGoes(names)
    },
  )

  test('S2: a weight divides the share', () => {
    const books = new Books().allocated('a', 5, 5).allocated('b', 6, 6, { weight: 2 })
    expect(books.order()).toBe('b,a')
    expect(books.allocated('c', 4, 4).order()).toBe('b,c,a')
    expect(books.allocated('d', 10, 20, { weight: 10 }).order()).toBe('d,b,c,a')
    expect(books.remove('b').allocated('d', 10, 25).order()).toBe('c,d,a')
    expect(books.allocated('e', 1, 1, { weight: 0.1 }).order()).toBe('c,d,a,e')
  })

  test('S3: a changed weight changes the order', () => {
    const books = new Books().allocated('a', 5, 5).allocated('b', 6, 6)
    expect(books.order()).toBe('a,b')
    books.weights.set('b', 2)
    expect(books.order()).toBe('b,a')
  })

  test('S4: equal shares go by the number of allocations, then by name', () => {
    const books = new Books().allocated('a', 3, 3).allocated('b', 3, 3).allocated('e', 3, 3)
    books.allocated('d', 2, 2).allocated('d', 1, 1)
    books.allocated('c', 1, 1).allocated('c', 1, 1).allocated('c', 1, 1)
    expect(books.order()).toBe('a,b,e,d,c')
    expect(books.returned('c', 3, 3).order()).toBe('c,a,b,e,d')
    expect(books.allocated('c', 3, 3).order()).toBe('a,b,e,d,c')
    books.client('a').active = false
    expect(books.order()).toBe('b,e,d,c')
    books.allocated('a', 0, 0).client('a').active = true
    expect(books.order()).toBe('b,e,a,d,c')
  })

  test('S6: what is below one role competes with its siblings as one', () => {
    const books = new Books().add('a', 'b/c', 'b/d')
    expect(books.order()).toBe('a,b/c,b/d')
    expect(books.allocated('a', 6, 6).order()).toBe('b/c,b/d,a')
    expect(books.allocated('b/c', 4, 4).allocated('b/d', 3, 3).order()).toBe('a,b/d,b/c')
    expect(books.allocated('a', 2, 2).order()).toBe('b/d,b/c,a')
    expect(books.add('b/e/f').order()).toBe('b/e/f,b/d,b/c,a')
    expect(books.allocated('b/e/f', 3.5, 3.5).order()).toBe('a,b/d,b/e/f,b/c')
    expect(books.remove('b/e/f').order()).toBe('b/d,b/c,a')
    expect(books.returned('b/c', 3, 3).order()).toBe('b/c,b/d,a')
  })

  test('S7: a role with others below it stands among them', () => {
    const books = new Books().add('a/b', 'c', 'd', 'd/e')
    expect(books.order()).toBe('a/b,c,d,d/e')
    expect(books.allocated('c', 8, 8).order()).toBe('a/b,d,d/e,c')
    expect(books.allocated('d', 3, 3).allocated('d/e', 2, 2).order()).toBe('a/b,d/e,d,c')
    expect(books.allocated('a/b', 6, 6).order()).toBe('d/e,d,a/b,c')
  })

  test('S8: a leaf that gets a child, and their weights', () => {
    const books = new Books().allocated('a', 10, 10).allocated('b', 6, 6)
    expect(books.order()).toBe('b,a')
    expect(books.allocated('a/c', 5, 5).order()).toBe('b,a/c,a')
    expect(books.remove('a').order()).toBe('a/c,b')
    expect(books.allocated('a', 10, 10).order()).toBe('b,a/c,a')
    books.weights.set('a/c', 0.2)
    expect(books.order()).toBe('b,a,a/c')
    books.weights.set('a', 3)
    expect(books.order()).toBe('a,a/c,b')
    books.weights.set('a/c', 1)
    expect(books.order()).toBe('a/c,a,b')
  })

  test('S9: an inner role becomes a client, and none again', () => {
    const books = new Books().allocated('x/a', 10, 10).allocated('x/b', 6, 6).allocated('x', 7, 7)
    expect(books.order()).toBe('x/b,x,x/a')
    expect(books.allocated('z', 20, 20).order()).toBe('z,x/b,x,x/a')
    expect(books.remove('x').order()).toBe('x/b,x/a,z')
  })

  test('S10: a child of an inactive leaf is served', () => {
    const books = new Books().allocated('a', 10, 10).allocated('b', 6, 6)
    books.client('a').active = false
    expect(books.allocated('a/c', 5, 5).order()).toBe('b,a/c')
  })

  test.each([true, false])(
    'S11: without its child a role is a leaf as before, active %s',
    (active) => {
      const books = new Books().allocated('a', 10, 10).allocated('b', 6, 6).allocated('a/c', 5, 5)
      books.client('a').active = active
      expect(books.order()).toBe(active ? 'b,a/c,a' : 'b,a/c')
      expect(books.remove('a/c').order()).toBe(active ? 'b,a' : 'b')
    },
  )

  test('S12: the weight of an inner role is for it against its siblings', () => {
    const books = new Books()
    books.weights.set('b', 3).set('a', 2)
    expect(books.allocated('a/x', 10, 10).allocated('b/y', 10, 10).order()).toBe('b/y,a/x')
    expect(books.allocated('b/z', 5, 5).order()).toBe('b/z,b/y,a/x')
    expect(books.allocated('b', 4, 4).order()).toBe('a/x,b,b/z,b/y')
    expect(books.allocated('a/zz', 2, 2).order()).toBe('a/zz,a/x,b,b/z,b/y')
  })

  test('S14: the total decides which resource is dominant', () => {
    const books = new Books().allocated('a', 2, 1).allocated('b', 1, 2)
    books.total = amounts(10, 100)
    expect(books.order()).toBe('b,a')
    books.total = amounts(100, 10)
    expect(books.order()).toBe('a,b')
  })

  test('S15: the total is that of all agents together', () => {
    const books = new Books().allocated('a', 2, 1).allocated('b', 1, 3)
    books.total = amounts(5 + 5, 50 + 50)
    expect(books.order()).toBe('b,a')
    books.total = amounts(95 + 5, 50 + 50)
    expect(books.order()).toBe('a,b')
  })

  test('S16: resources that leave the total and their holder', () => {
    const books = new Books().allocated('a', 6, 0).allocated('b', 4, 0)
    books.total = amounts(10, 0)
    expect(books.order()).toBe('b,a')
    books.total = amounts(5, 0)
    expect(books.returned('a', 5, 0).order()).toBe('a,b')
  })

  test('what is not in the total has no share', () => {
    const books = new Books().allocated('a', 1, 50).allocated('b', 2, 0)
    books.total = amounts(10, 0)
    expect(books.order()).toBe('a,b')
  })

  test('within a run a client that is served moves back, from the next walk on', () => {
    const clients = ['a', 'b', 'c/x', 'c/y'].map((name) => ({
      name,
      held: [],
      allocations: 0,
      active: true,
    }))
    const total = amounts(10, 10)
    const sorter = drfSorter({ clients, total, weights: new Map(), isTree: true, random: () => 0 })
    expect(orderOf(sorter)).toEqual([0, 1, 2, 3])
    const during: number[] = []
    sorter.walk((client) => {
      during.push(client)
      sorter.allocated(client, [scalar('cpus', client + 1), scalar('mem', 1)])
      return false
    })
    expect(during).toEqual([0, 1, 2, 3])
    sorter.allocated(0, [scalar('cpus', 2)])
    expect(orderOf(sorter)).toEqual([1, 0, 2, 3])
  })
})

describe('what counts as held (core-master L4)', () => {
  const agent = id<AgentId>('a1')
  const share = (held: Held, total: Quantities, kinds: 'both' | 'regular' = 'regular') => {
    const parts = kinds === 'both' ? [held.regular, held.revocable] : [held.regular]
    const milli = parts.flatMap((part) => [...part]).reduce((sum, [, part]) => sum + part, 0)
    return milli / [...total.values()].reduce((sum, part) => sum + part, 0)
  }
  const holding = (...all: Resources[]) => {
    const held = newHeld()
    for (const resources of all) book(held, agent, resources)
    return held
  }
  const disk = new Map([['disk', 100_000]])
  const reserved = (mib: number) => ({
    ...scalar('disk', mib),
    reservations: [{ type: 'STATIC', role: 'r' } as const],
  })
  const volume = (mib: number, volumeId: string, shared = false) =>
    asVolume(reserved(mib), { id: volumeId, containerPath: 'd', mode: 'RW' }, shared)

  test('S13: one resource in several pieces is one amount', () => {
    const a = holding([scalar('disk', 9)])
    const b = holding([volume(5, 'v1')], [volume(5, 'v2')])
    expect(share(a, disk)).toBeLessThan(share(b, disk))
    expect(b.regular.get('disk')).toBe(10_000)
  })

  test('S17: with joint offers revocable resources count under the same name', () => {
    const a = holding([scalar('cpus', 2)])
    const b = holding([scalar('cpus', 1)], as([scalar('cpus', 9)], 'revocable'))
    const total = new Map([['cpus', 20_000]])
    expect([share(a, total, 'both'), share(b, total, 'both')]).toEqual([0.1, 0.5])
    expect(b.regular.get('cpus')).toBe(1000)
    expect(b.revocable.get('cpus')).toBe(9000)
  })

  test('S18: a shared volume counts once, until the last copy is back', () => {
    const all = new Map([['disk', 1_000_000]])
    const copy = [volume(80, 'v', true)]
    const a = holding(copy, copy, copy, [reserved(20)])
    expect(share(a, all)).toBe(0.1)
    book(a, agent, copy, -1)
    expect(share(a, all)).toBe(0.1)
    book(a, agent, [{ ...volume(80, 'v', true), copies: 2 }], -1)
    expect(share(a, all)).toBe(0.02)
    expect(share(holding(copy), all)).toBe(0.08)
  })
})

describe('the random sorter (core-master L7)', () => {
  const firsts = (names: readonly string[], weights: ReadonlyMap<string, number>) => {
    const clients = names.map((name) => ({ name, held: [], allocations: 0, active: true }))
    const random = generator(19)
    const sorter = randomSorter({ clients, total: new Map(), weights, isTree: true, random })
    const counts = names.map(() => 0)
    const draws = 20_000
    for (let draw = 0; draw < draws; draw++) {
      const first = orderOf(sorter)[0] ?? -1
      counts[first] = (counts[first] ?? 0) + 1
    }
    return counts.map((count) => count / draws)
  }

  test('S19: who is first is drawn by weight', () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const drawn = firsts(names, new Map(names.map((name, i) => [name, i + 1])))
    const want = [1, 2, 3, 4, 5].map((weight) => weight / 15)
    for (const [i, share] of want.entries()) expect(drawn[i]).toBeCloseTo(share, 1.3)
  })

  test('S19: in a tree the weights are those among siblings', () => {
    const weights = new Map([
      ['a/.', 1],
      ['a/b', 2],
      ['c', 2],
      ['c/d', 2],
      ['c/e', 1],
    ])
    const drawn = firsts(['a', 'a/b', 'c/d', 'c/e'], weights)
    for (const [i, share] of [1 / 9, 2 / 9, 4 / 9, 2 / 9].entries())
      expect(drawn[i]).toBeCloseTo(share, 1.3)
  })

  test('every active client is served once, an inactive one never', () => {
    const clients = ['a', 'b/c', 'b'].map((name) => ({
      name,
      held: [],
      allocations: 0,
      active: name !== 'b',
    }))
    const sorter = randomSorter({
      clients,
      total: new Map(),
      weights: new Map(),
      isTree: true,
      random: generator(1),
    })
    expect([...orderOf(sorter)].sort((a, b) => a - b)).toEqual([0, 1])
  })
})
