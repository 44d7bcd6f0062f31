import type { ContainerView, NodeView } from '../../mesos-framework/cluster.ts'
import { plus, scalarOf } from '../../resources/resources.ts'
import { formatMilli, units } from '../../resources/scalar.ts'
import { object } from '../json.ts'
import { formatBytes, naturalOrder } from '../units.ts'
import { formatLabels, type Row } from './offer-rows.ts'

/** Beyond this many nodes only those that need attention are listed (docker-frontend §4.1). */
const maxListedNodes = 100

export interface Counts {
  readonly all: number
  readonly running: number
  readonly paused: number
  readonly stopped: number
}

/** As dockerd counts: a paused one is not running. */
export const countContainers = (containers: readonly ContainerView[]): Counts => {
  const states = containers.map(({ inspect }) => object(inspect['State']))
  const paused = states.filter((state) => state['Paused'] === true).length
  const running = states.filter((state) => state['Running'] === true).length - paused
  return { all: states.length, running, paused, stopped: states.length - running - paused }
}

export const nodeRows = (
  nodes: readonly NodeView[],
  containers: readonly ContainerView[],
): readonly Row[] => {
  const listed =
    nodes.length > maxListedNodes ? nodes.filter(({ status }) => status !== 'Healthy') : nodes
  return [
    ['Nodes', String(nodes.length)],
    ...[...listed]
      .sort((a, b) => naturalOrder(a.hostname, b.hostname) || naturalOrder(a.id, b.id))
      .flatMap((node) =>
        rowsOf(node, countContainers(containers.filter(({ agent }) => agent === node.id))),
      ),
  ]
}

const rowsOf = (node: NodeView, counts: Counts): readonly Row[] => {
  const total = plus(node.held, node.offered)
  const cpus = (resources: NodeView['held']) => formatMilli(scalarOf(resources, 'cpus'))
  const memory = (resources: NodeView['held']) =>
    formatBytes(units(scalarOf(resources, 'mem')) * 1_048_576)
  const { all, running, paused, stopped } = counts
  return [
    [` ${node.hostname}`, node.address],
    ['  └ Status', node.status],
    ['  └ Containers', `${all} (${running} Running, ${paused} Paused, ${stopped} Stopped)`],
    ['  └ Reserved CPUs', `${cpus(node.held)} / ${cpus(total)}`],
    ['  └ Reserved Memory', `${memory(node.held)} / ${memory(total)}`],
    ['  └ Labels', formatLabels(node.labels)],
    ...(node.error === undefined ? [] : [['  └ Error', node.error] as const]),
    ['  └ UpdatedAt', new Date(node.updatedAtMs).toISOString().replace(/\.\d+Z$/, 'Z')],
    ['  └ ServerVersion', node.engine?.version ?? 'unknown'],
  ]
}
