import { describe, expect, test } from 'vitest'
import { drfSorter } from '../../../src/core-master/allocator/drf-sorter.ts'
import { addTo, type Quantities } from '../../../src/core-master/allocator/quantities.ts'

/** Books around the sorter: each `order` sorts anew, as each run of the allocator does. */
class Books {
  readonly clients = new Map<
    string,
    { weight: number; held: Map<string, number>; allocations: number; active: boolean }
  >()
  total: Quantities = amounts(100, 100)

  /** Resources in the order cpus, mem; one allocation each. */
  allocated(name: string, cpus: number, mem: number, options: { weight?: number } = {}): this {
    const client = this.clients.get(name) ?? {
      weight: options.weight ?? 1,
      held: new Map(),
      allocations: 0,
      active: true,
    }
    addTo(client.held, amounts(cpus, mem))
    client.allocations += 1
    this.clients.set(name, client)
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
    const clients = [...this.clients].map(([name, client]) => ({ name, ...client }))
    return drfSorter(clients, this.total).sort().join(',')
  }
}

const amounts = (cpus: number, mem: number): Quantities =>
  new Map(
    [
      ['cpus', cpus * 1000],
      ['mem', mem * 1000],
    ].filter(([, milli]) => milli !== 0) as [string, number][],
  )

describe('the DRF sorter (core-master §5.4)', () => {
  test('S1: orders by dominant share as clients and totals come and go', () => {
    const books = new Books().allocated('a', 5, 5).allocated('b', 6, 6)
    expect(books.order()).toBe('a,b')
    expect(books.allocated('c', 1, 1).allocated('d', 3, 1).order()).toBe('c,d,a,b')
    expect(books.remove('a').returned('b', 4, 4).order()).toBe('c,b,d')
    books.total = amounts(50, 100)
    expect(books.allocated('e', 1, 5).order()).toBe('c,b,e,d')
    books.total = amounts(50, 200)
    expect(books.allocated('f', 5, 1).allocated('c', 0, 15).order()).toBe('e,b,d,c,f')
    books.client('d').active = false
    expect(books.order()).toBe('e,b,c,f')
    books.client('d').active = true
    expect(books.order()).toBe('e,b,d,c,f')
  })

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
    books.client('b').weight = 2
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

  test('S17: revocable resources count under the same name', () => {
    const books = new Books().allocated('a', 2, 0).allocated('b', 1, 0).allocated('b', 9, 0)
    books.total = amounts(10 + 10, 100)
    expect(books.order()).toBe('a,b')
  })

  test('what is not in the total has no share', () => {
    const books = new Books().allocated('a', 1, 50).allocated('b', 2, 0)
    books.total = amounts(10, 0)
    expect(books.order()).toBe('a,b')
  })

  test('within a run a client that is served moves back', () => {
    const clients = ['a', 'b'].map((name) => ({
      name,
      weight: 1,
      held: new Map<string, number>(),
      allocations: 0,
      active: true,
    }))
    const sorter = drfSorter(clients, amounts(10, 10))
    expect(sorter.sort()).toEqual(['a', 'b'])
    sorter.allocated('a', amounts(1, 1))
    expect(sorter.sort()).toEqual(['b', 'a'])
    sorter.allocated('b', amounts(2, 1))
    expect(sorter.sort()).toEqual(['a', 'b'])
  })
})
