import type { Node } from '../constraints/node.ts'
import { place } from '../constraints/place.ts'
import { formatMilli } from '../resources/scalar.ts'
import { formatGoDuration } from '../runtime/durations.ts'
import { object } from './inspect.ts'
import { nodesOf } from './offers/node-view.ts'
import type { Waiting } from './queue.ts'
import type { Context, FrameworkState } from './state.ts'
import { nodesFor } from './turn.ts'

/** Nodes that a message names, nearest miss first; the others are counted (docker-frontend §6.6). */
export const maxNodeLines = 20

/** Why a request found no place in its time: what was wanted, and what each node lacked (D16). */
export const placementTimedOut = (
  state: FrameworkState,
  context: Context,
  waiting: Waiting,
): string => {
  const nodes = nodesFor(waiting, nodesOf(state, context))
  const why = whyNot(state, context, waiting, nodes)
  const lines = why.misses.slice(0, maxNodeLines).map((miss) => `${miss.node}: ${miss.why}`)
  const more = why.misses.length - lines.length
  return [
    `container failed to start after ${formatGoDuration(context.config.taskTimeoutMs)}: ${why.text}`,
    ...lines,
    ...(more > 0 ? [`and ${more} more`] : []),
    ...sharesHint(waiting, nodes),
  ].join('\n')
}

const whyNot = (
  state: FrameworkState,
  { config, policy }: Context,
  { placement }: Waiting,
  nodes: readonly Node[],
) => {
  if (state.master === undefined)
    return { text: `no connection to the master ${config.master}`, misses: [] }
  const found = place(nodes, placement, policy)
  return found.kind === 'unplaceable'
    ? found
    : { text: 'no resources available to schedule container', misses: [] }
}

/** The commonest surprise: 512 shares are 512 CPUs here (docker-frontend §6.2). */
const sharesHint = ({ job, placement }: Waiting, nodes: readonly Node[]): readonly string[] => {
  if (job.type !== 'create') return []
  const host = object(job.request.body['HostConfig'])
  const shares = Number(host['CpuShares'] ?? 0)
  if (!(shares > 0) || placement.asked.get('cpus') !== shares * 1000) return []
  const largestMilli = Math.max(0, ...nodes.map(cpusMilliOf))
  if (shares * 1000 <= largestMilli) return []
  return [
    `cpu-shares counts whole CPUs here; ${shares} wanted, the largest node has ${formatMilli(largestMilli)}; use --cpus`,
  ]
}

/** CPUs of either kind, whichever is more: a container takes one kind. */
const cpusMilliOf = ({ offered, held }: Node): number =>
  Math.max(
    ...(['regular', 'revocable'] as const).map(
      (kind) => (offered[kind]?.get('cpus') ?? 0) + (held[kind]?.get('cpus') ?? 0),
    ),
  )

/** Why a launch brought no container in its time (docker-frontend §6.6). */
export const launchTimedOut = (
  context: Context,
  hostname: string,
  task: { readonly message: string; readonly heardMs: number },
): string => {
  const silentSeconds = Math.floor((context.monotonicMs - task.heardMs) / 1000)
  const phase = task.message === '' ? '' : `${task.message}, `
  return `container failed to start after ${formatGoDuration(context.config.launchTimeoutMs)} on ${hostname}: ${phase}no status for ${silentSeconds}s`
}
