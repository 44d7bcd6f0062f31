import { renameSync, writeFileSync } from 'node:fs'
import type { Cluster, NodeView } from '../../mesos-framework/cluster.ts'
import { isEmpty, type Kind, ofKind } from '../../resources/resources.ts'

/** What the ready file says: `host:port`, or `unix:///path`, of every part. */
export interface Addresses {
  /** As DOCKER_HOST wants it. */
  readonly dockerHost: string
  readonly master: string
  readonly agents: readonly {
    readonly id: string
    readonly hostname: string
    readonly address: string
  }[]
  readonly engine: string
  readonly pid: number
}

/**
 * True when the next `docker run` has its choice: every agent's engine is healthy, and of each wanted kind the
 * endpoint holds an offer from the agent, or containers of an earlier run hold what there is.
 */
export const isReady = (
  cluster: Pick<Cluster, 'nodes' | 'offers'>,
  wanted: { readonly agents: number; readonly revocable: boolean },
): boolean => {
  const kinds: readonly Kind[] = wanted.revocable ? ['regular', 'revocable'] : ['regular']
  const offers = cluster.offers()
  const known = (node: NodeView, kind: Kind) =>
    [
      node.held,
      ...offers.filter(({ agent }) => agent === node.id).map((offer) => offer.resources),
    ].some((amounts) => !isEmpty(ofKind(amounts, kind)))
  const complete = cluster
    .nodes()
    .filter((node) => node.engine?.healthy && kinds.every((kind) => known(node, kind)))
  return complete.length >= wanted.agents
}

/** Whoever waits for the file never reads half of it. */
export const writeReadyFile = (path: string, addresses: Addresses): void => {
  const unfinished = `${path}.${addresses.pid}`
  writeFileSync(unfinished, `${JSON.stringify(addresses, undefined, 2)}\n`)
  renameSync(unfinished, path)
}

/** What to type next. */
export const nextSteps = ({ dockerHost }: Pick<Addresses, 'dockerHost'>): string =>
  [
    'The cluster is ready. In another terminal:',
    '',
    `  export DOCKER_HOST=${dockerHost}`,
    '  docker run --rm busybox echo hello',
    '  docker run -d -e constraint:res-type==~revocable --cpus 0.5 busybox sleep 100',
    '  docker info                 # what is on offer; what is idle is lent when it was watched for a while',
    '',
    'Ctrl-C here stops the cluster.',
  ].join('\n')
