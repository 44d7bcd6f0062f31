import type { ContainerFacts } from '../node.ts'
import type { Candidate, Strategy } from './strategy.ts'

/** What one of the hundred points of health is worth in points of load. */
const healthFactor = 10

/**
 * The emptiest (`sign` 1) or the fullest (`sign` -1) node. Ties: one that has the image, then fewer or more
 * containers, then by hostname, so that runs repeat (docker-frontend §7.4).
 */
export const weighted = (name: Strategy['name'], sign: 1 | -1): Strategy => {
  const weight = ({ load, node }: Candidate) => sign * load - healthFactor * node.healthScore
  const before = (a: Candidate, b: Candidate): number =>
    weight(a) - weight(b) ||
    Number(b.hasImage) - Number(a.hasImage) ||
    sign * (liveContainers(a) - liveContainers(b)) ||
    order(a.node.hostname, b.node.hostname) ||
    order(a.node.id, b.node.id)
  return {
    name,
    choose: (candidates) => candidates.reduce((best, one) => (before(one, best) < 0 ? one : best)),
  }
}

const liveContainers = ({ node }: Candidate): number => node.containers.filter(isLive).length

const isLive = ({ state }: ContainerFacts): boolean => state !== 'exited' && state !== 'dead'

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
