import { parseExpression } from '../../src/constraints/expression.ts'
import { filters } from '../../src/constraints/filters/index.ts'
import type {
  Amounts,
  ContainerFacts,
  Node,
  PlacementRequest,
  PublishedPort,
} from '../../src/constraints/node.ts'
import { type Policy, place } from '../../src/constraints/place.ts'
import { spread } from '../../src/constraints/strategies/spread.ts'
import { milli } from '../../src/resources/scalar.ts'

/** Amounts as people write them: `{ cpus: 0.5, mem: 64 }`. */
export const amounts = (units: Readonly<Record<string, number>>): Amounts =>
  new Map(Object.entries(units).map(([name, value]) => [name, milli(value)]))

/** A healthy node with 4 regular cpus, 4 GiB and ports 31000 to 31009 on offer, unless said otherwise. */
export const node = (hostname: string, given: Partial<Node> = {}): Node => ({
  id: `${hostname}-id`,
  hostname,
  healthy: true,
  healthScore: 100,
  labels: new Map(),
  containers: [],
  images: [],
  offered: { regular: amounts({ cpus: 4, mem: 4096 }) },
  offeredPorts: [{ begin: 31_000, end: 31_009 }],
  managedPorts: [{ begin: 31_000, end: 31_009 }],
  held: {},
  networks: new Set(),
  volumes: new Set(),
  sinceOfferMs: 0,
  ...given,
})

/** A running container without ports. */
export const container = (name: string, given: Partial<ContainerFacts> = {}): ContainerFacts => ({
  id: name.padEnd(64, '0'),
  name,
  image: 'busybox',
  imageId: 'sha256:0',
  labels: new Map(),
  state: 'running',
  restarts: false,
  networkMode: 'default',
  publishedPorts: [],
  exposedPorts: [],
  ...given,
})

export const published = (
  hostPort: number,
  protocol: PublishedPort['protocol'] = 'tcp',
  hostIp = '',
): PublishedPort => ({ hostIp, hostPort, containerPort: 80, protocol })

export const constraint = (text: string) => parseExpression('constraint', text)
export const affinity = (text: string) => parseExpression('affinity', text)
export const whitelist = (text: string) => parseExpression('whitelist', text)

/** One regular cpu and 64 MiB, no conditions, unless said otherwise. */
export const request = (given: Partial<PlacementRequest> = {}): PlacementRequest => ({
  name: 'web',
  image: 'busybox',
  constraints: [],
  affinities: [],
  whitelists: [],
  kinds: ['regular'],
  asked: amounts({ cpus: 1, mem: 64 }),
  revocableMemory: false,
  networkMode: 'default',
  publishedPorts: [],
  exposedPorts: [],
  dependencies: {
    volumesFrom: [],
    links: [],
    networkContainer: undefined,
    networks: [],
    volumes: [],
  },
  ...given,
})

export const policy: Policy = { filters, strategy: spread, random: { next: () => 0 } }

/** Hostname of the chosen node, or the text of the refusal. */
export const chosen = (nodes: readonly Node[], asked: PlacementRequest, by = policy): string => {
  const placement = place(nodes, asked, by)
  return placement.kind === 'placed' ? placement.node.hostname : placement.text
}

/** Hostnames of the nodes that the request may go to. */
export const fitting = (nodes: readonly Node[], asked: PlacementRequest): readonly string[] =>
  nodes
    .filter((one) => {
      const here = {
        ...asked,
        whitelists: [...asked.whitelists, whitelist(`node==${one.hostname}`)],
      }
      return place(nodes, here, policy).kind === 'placed'
    })
    .map(({ hostname }) => hostname)

/** `node: why` for each node that was missed, nearest first. */
export const missLines = (nodes: readonly Node[], asked: PlacementRequest): readonly string[] => {
  const placement = place(nodes, asked, policy)
  if (placement.kind === 'placed') return []
  return placement.misses.map(({ node, why }) => `${node}: ${why}`)
}
