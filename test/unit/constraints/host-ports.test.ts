import { expect, test } from 'vitest'
import { hostPortsOn, portText } from '../../../src/constraints/host-ports.ts'
import type { PublishedPort } from '../../../src/constraints/node.ts'
import { container, missLines, node, published, request } from '../../support/placement.ts'

const range = (hostPort: number, lastHostPort: number): PublishedPort => ({
  ...published(hostPort),
  lastHostPort,
})

/** Offers 31000 to 31009, and has containers on 8000 and 31001. */
const n1 = node('n1', {
  containers: [
    container('a', { publishedPorts: [published(8000)] }),
    container('b', { publishedPorts: [published(31_001)] }),
    container('c', { publishedPorts: [published(8001)], state: 'exited' }),
  ],
  managedPorts: [{ begin: 31_000, end: 31_019 }],
})

test.each<{ name: string; wanted: PublishedPort[]; got: number[]; missing?: string[] }>([
  { name: 'a fixed port is that port', wanted: [published(8080)], got: [8080] },
  { name: '0 is the first on offer', wanted: [published(0), published(0)], got: [31_000, 31_001] },
  { name: 'a range gives the first that nobody has', wanted: [range(8000, 8010)], got: [8001] },
  {
    name: 'fixed ports go first, wherever they stand',
    wanted: [range(8001, 8010), published(8001)],
    got: [8002, 8001],
  },
  {
    name: 'two ranges get two ports',
    wanted: [range(8001, 8002), range(8001, 8002)],
    got: [8001, 8002],
  },
  {
    name: 'a managed port of a range must be on offer and free',
    wanted: [range(31_001, 31_003)],
    got: [31_002],
  },
  {
    name: 'a range that leads beyond the managed ports',
    wanted: [range(31_010, 31_021)],
    got: [31_020],
  },
  {
    name: 'a range of which none is left',
    wanted: [range(8000, 8000)],
    got: [],
    missing: ['8000-8000'],
  },
  {
    name: 'a managed port that is not on offer',
    wanted: [published(31_015)],
    got: [],
    missing: ['31015'],
  },
  {
    name: 'another protocol is another port',
    wanted: [{ ...range(8000, 8001), protocol: 'udp' }],
    got: [8000],
  },
])('§6.2: $name', ({ wanted, got, missing = [] }) => {
  const ports = hostPortsOn(n1, request({ publishedPorts: wanted }))
  expect(ports.published.map(({ hostPort }) => hostPort)).toEqual(got)
  expect(ports.published.every((port) => port.lastHostPort === undefined)).toBe(true)
  expect(ports.missing.map(portText)).toEqual(missing)
})

test('§6.2: ports without a number get what those with one leave', () => {
  const wanted = [range(31_000, 31_019), ...Array.from({ length: 10 }, () => published(0))]
  const { published: got, missing } = hostPortsOn(n1, request({ publishedPorts: wanted }))
  expect(new Set(got.map(({ hostPort }) => hostPort)).size).toBe(10)
  expect(missing.map(portText)).toEqual(['0'])
})

test('a node with no port of the range left says so', () => {
  const full = node('n1', {
    containers: [container('a', { publishedPorts: [published(8000), published(8001)] })],
  })
  const asked = request({ publishedPorts: [range(8000, 8001)] })
  expect(missLines([full], asked)).toEqual(['n1: port 8000-8001 in use or not offered'])
})
