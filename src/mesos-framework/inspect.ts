import type { ContainerFacts, PublishedPort } from '../constraints/node.ts'
import type { Inspect } from '../mesos/engine-endpoint.ts'

/** What the framework itself reads of an inspect: everything else passes through untouched. */
export interface ReadInspect {
  readonly facts: ContainerFacts
  readonly createdSeconds: number
  /** The last start or end, as sortable text: an inspect with an earlier one is older. */
  readonly changed: string
}

/** Reads once what placement and lists need. What is missing or of another type counts as empty. */
export const readInspect = (inspect: Inspect): ReadInspect => {
  const config = object(inspect['Config'])
  const host = object(inspect['HostConfig'])
  const state = object(inspect['State'])
  const created = sortable(inspect['Created'])
  return {
    facts: {
      id: inspect.Id,
      name: text(inspect['Name']).replace(/^\//, ''),
      image: text(config['Image']),
      imageId: text(inspect['Image']),
      labels: new Map(Object.entries(object(config['Labels'])).map(([k, v]) => [k, text(v)])),
      state: readState(text(state['Status'])),
      restarts: /^(always|unless-stopped|on-failure)$/.test(
        text(object(host['RestartPolicy'])['Name']),
      ),
      networkMode: text(host['NetworkMode']),
      publishedPorts: readBindings(host['PortBindings']),
      exposedPorts: Object.keys(object(config['ExposedPorts'])),
    },
    createdSeconds: Math.floor((Date.parse(text(inspect['Created'])) || 0) / 1000),
    changed:
      [created, sortable(state['StartedAt']), sortable(state['FinishedAt'])].sort().at(-1) ?? '',
  }
}

/** `HostConfig.PortBindings` as a list, in the order of the ports. */
export const readBindings = (bindings: unknown): readonly PublishedPort[] =>
  Object.entries(object(bindings)).flatMap(([port, hosts]) => {
    const [containerPort = '', protocol = 'tcp'] = port.split('/')
    return list(hosts)
      .map(object)
      .map((host) => ({
        hostIp: text(host['HostIp']),
        hostPort: Number(text(host['HostPort'])) || 0,
        containerPort: Number(containerPort),
        protocol: protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp',
      }))
  })

/** Unknown JSON as what it should be, or empty. */
export const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const states = ['created', 'running', 'paused', 'restarting', 'exited', 'dead'] as const

const readState = (status: string): ContainerFacts['state'] =>
  states.find((state) => state === status) ?? (status === 'removing' ? 'dead' : 'created')

/** RFC 3339 in UTC with its fraction cut of trailing zeros, as Go writes it: without the Z it sorts as text. */
const sortable = (time: unknown): string => text(time).replace(/Z$/, '')
