import { expect, test } from 'vitest'
import { type AgentId, id, type OfferId } from '../../../src/mesos/ids.ts'
import type { HeldOffer } from '../../../src/mesos-framework/offers/book.ts'
import { draw } from '../../../src/mesos-framework/offers/match.ts'
import { parseResources } from '../../../src/resources/parse.ts'
import { as, format, plus, type Resources } from '../../../src/resources/resources.ts'
import { type Asked, createRequest } from '../../support/framework-rig.ts'
import { amounts, node } from '../../support/placement.ts'

const offer = (name: string, regular: string, revocable = ''): HeldOffer => ({
  id: id<OfferId>(name),
  agent: id<AgentId>('a1'),
  resources: plus(
    parseResources(regular).resources,
    as(parseResources(revocable).resources, 'revocable'),
  ),
  expiresMs: 0,
})

const joint = [offer('o1', 'cpus:2;mem:1024;ports:[31000-31003]', 'cpus:4;mem:512')]
const split = [
  offer('o1', 'cpus:2;mem:1024;ports:[31000-31003]'),
  offer('o2', '', 'cpus:4;mem:512'),
]

const at = node('n1', {
  offered: {
    regular: amounts({ cpus: 2, mem: 1024 }),
    revocable: amounts({ cpus: 4, mem: 512 }),
  },
  offeredPorts: [{ begin: 31_000, end: 31_003 }],
  managedPorts: [{ begin: 31_000, end: 31_009 }],
})

const text = (resources: Resources | undefined) => resources && format(resources)

test.each<{
  name: string
  offers: readonly HeldOffer[]
  kind: 'regular' | 'revocable'
  asked: Partial<Asked>
  want: string | undefined
  named?: readonly string[]
}>([
  {
    name: 'regular cpus: everything is regular',
    offers: split,
    kind: 'regular',
    asked: { cpus: 2, mem: 64 },
    want: 'cpus:2; mem:64',
    named: ['o1'],
  },
  {
    name: 'revocable cpus, memory regular (rule 3)',
    offers: split,
    kind: 'revocable',
    asked: { cpus: 2, mem: 64 },
    want: 'cpus{REV}:2; mem:64',
    named: ['o1', 'o2'],
  },
  {
    name: 'revocable memory where all of it is offered',
    offers: split,
    kind: 'revocable',
    asked: { cpus: 2, mem: 512, placement: { revocableMemory: true } },
    want: 'cpus{REV}:2; mem{REV}:512',
    named: ['o2'],
  },
  {
    name: 'more memory than is revocable: all of it regular, never split',
    offers: split,
    kind: 'revocable',
    asked: { cpus: 2, mem: 600, placement: { revocableMemory: true } },
    want: 'cpus{REV}:2; mem:600',
  },
  {
    name: '3 cpus on 2 regular and 4 revocable are not regular (rule 4)',
    offers: joint,
    kind: 'regular',
    asked: { cpus: 3 },
    want: undefined,
  },
  {
    name: '6 cpus there are never placed (rule 4)',
    offers: joint,
    kind: 'revocable',
    asked: { cpus: 6 },
    want: undefined,
  },
  {
    name: 'one offer with both kinds, as Mesos makes them',
    offers: joint,
    kind: 'revocable',
    asked: { cpus: 4, mem: 64 },
    want: 'cpus{REV}:4; mem:64',
    named: ['o1'],
  },
  {
    name: 'reserved amounts go first, and keep their reservation (rule 5)',
    offers: [offer('o1', 'cpus:1;cpus(dev):1;mem(dev):1024')],
    kind: 'regular',
    asked: { cpus: 1.5, mem: 64 },
    want: 'cpus:0.5; cpus(dev):1; mem(dev):64',
  },
])('$name (docker-frontend §8.4)', ({ offers, kind, asked, want, named }) => {
  const drawn = draw(offers, at, createRequest(asked).placement, kind)
  expect(text(drawn?.resources)).toBe(want)
  if (named !== undefined) expect(drawn?.offers.map((one) => one.id)).toEqual(named)
})
