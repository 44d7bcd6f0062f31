import type { DockerEvent } from '../../mesos/engine-endpoint.ts'
import type { AgentId } from '../../mesos/ids.ts'
import type { ClusterEvent, NodeView } from '../../mesos-framework/cluster.ts'
import type { Answer, Api, Call } from '../call.ts'
import { askAll, askableNodes, isSuccess } from '../engine.ts'
import { type Filters, parseFilters } from '../filters.ts'
import { number, object, text, textMap } from '../json.ts'
import { jsonLines } from '../json-lines.ts'
import { timestampMs } from '../query.ts'
import { acceptsEvent, eventFilterKeys } from './event-filters.ts'

/** Events that one reader remembers, to show each once. */
const maxRemembered = 10_000
/** Timers cannot wait longer; an end further away is not reached by any connection. */
const longestTimerMs = 2 ** 31 - 1

/** `GET /events`: headers at once, one JSON object a line, each flushed (docker-frontend §4.5). */
export const getEvents = (api: Api, call: Call): Answer => {
  const filters = parseFilters(call.query, eventFilterKeys)
  const sinceMs = timestampMs(call.query, 'since')
  const untilMs = timestampMs(call.query, 'until')
  const ended = endOf(api, call, untilMs)
  // Subscribed before the past is asked for, so that nothing falls between the two.
  const live = api.cluster.events(ended)
  return {
    kind: 'stream',
    status: 200,
    headers: { 'content-type': 'application/json' },
    chunks: lines(api, call, filters, { sinceMs, untilMs, live }),
  }
}

interface Source {
  readonly sinceMs: number | undefined
  readonly untilMs: number | undefined
  readonly live: AsyncIterable<ClusterEvent>
}

async function* lines(api: Api, call: Call, filters: Filters, { sinceMs, untilMs, live }: Source) {
  const nodeOf = nodeLookup(api)
  const line = ({ agent, event }: ClusterEvent): readonly string[] => {
    const node = nodeOf(agent)
    return acceptsEvent(event, node, filters) ? [`${JSON.stringify(withNode(event, node))}\n`] : []
  }
  const isNew = firstSight()
  if (sinceMs !== undefined)
    for (const event of await past(api, call, { sinceMs, untilMs }))
      if (isNew(event)) yield* line(event)
  for await (const event of live) if (isNew(event)) yield* line(event)
}

interface Span {
  readonly sinceMs: number
  readonly untilMs: number | undefined
}

/** Reads the nodes again only when one is new: their names and addresses stay. */
const nodeLookup = (api: Api) => {
  let nodes: ReadonlyMap<string, NodeView> = new Map()
  return (agent: AgentId | undefined): NodeView | undefined => {
    if (agent === undefined) return undefined
    if (!nodes.has(agent)) nodes = new Map(api.cluster.nodes().map((node) => [node.id, node]))
    return nodes.get(agent)
  }
}

/** Aborts when the client has left, or when `untilMs` is reached. */
const endOf = (api: Api, { signal }: Call, untilMs: number | undefined): AbortSignal => {
  const leftMs = (untilMs ?? Number.POSITIVE_INFINITY) - api.clock.now()
  if (leftMs > longestTimerMs) return signal
  const reached = new AbortController()
  const cancel = api.clock.after(Math.max(0, leftMs), () => reached.abort())
  signal.addEventListener('abort', cancel, { once: true })
  return AbortSignal.any([signal, reached.signal])
}

/**
 * What the engines remember of our containers, and of their images, networks and volumes, and what none of them knows;
 * in order of time.
 */
const past = async (
  api: Api,
  call: Call,
  { sinceMs, untilMs = Number.POSITIVE_INFINITY }: Span,
): Promise<readonly ClusterEvent[]> => {
  const nowSeconds = (api.clock.now() / 1000).toFixed(9)
  const ask = (filters: object) => {
    const query = new URLSearchParams({
      since: call.query.get('since') ?? '',
      until: call.query.get('until') || nowSeconds,
      filters: JSON.stringify(filters),
    })
    const path = `/events?${query.toString()}`
    return askAll(api, askableNodes(api), { method: 'GET', path, version: call.version })
  }
  // An agent shows containers by their owner; of the rest everything, if nothing else is asked for.
  const answers = await Promise.all([
    ask({ type: ['container'] }),
    ask({ type: ['image', 'network', 'volume', 'daemon'] }),
  ])
  const events = api.cluster.ownEvents().filter(({ event }) => {
    const atMs = number(event['timeNano']) / 1e6
    return atMs >= sinceMs && atMs <= untilMs
  })
  for (const { node, response } of answers.flat().filter(isSuccess))
    for await (const event of jsonLines([response.body]))
      events.push({ agent: node.id, event: object(event) })
  return events.sort((a, b) => number(a.event['timeNano']) - number(b.event['timeNano']))
}

/** Says where it happened, as classic Swarm did. */
const withNode = (event: DockerEvent, node: NodeView | undefined): object => {
  if (node === undefined) return event
  const { hostname, id, address, ip } = node
  const actor = object(event['Actor'])
  const from = text(event['from'])
  return {
    ...event,
    ...(from === '' ? {} : { from: `${from} node:${hostname}` }),
    Actor: {
      ...actor,
      Attributes: {
        ...textMap(actor['Attributes']),
        'node.name': hostname,
        'node.id': id,
        'node.addr': address,
        'node.ip': ip,
      },
    },
    node: { Name: hostname, Id: id, Addr: address, Ip: ip },
  }
}

/**
 * Tells an event from one that was shown before: the end of the past is the begin of what is live, and agents that
 * share an engine both report its images, networks and volumes.
 */
const firstSight = (): ((event: ClusterEvent) => boolean) => {
  const seen = new Set<string>()
  return ({ event }) => {
    const actor = object(event['Actor'])['ID']
    const identity = JSON.stringify([event['timeNano'], event['Type'], event['Action'], actor])
    if (seen.has(identity)) return false
    seen.add(identity)
    const [oldest] = seen.size > maxRemembered ? seen : []
    if (oldest !== undefined) seen.delete(oldest)
    return true
  }
}
