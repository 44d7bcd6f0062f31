import type { ContainerView, NodeView } from '../../mesos-framework/cluster.ts'
import { ApiError } from '../errors.ts'
import { type Filters, labelsMatch, some } from '../filters.ts'
import { familiarName } from '../images/reference.ts'
import { list, number, object, text, textMap } from '../json.ts'
import { matcher } from '../patterns.ts'
import { parseContainerPort } from './ports.ts'
import { healthOf } from './status.ts'

/** Of `GET /containers/json` (docker-frontend §2.2); any other key is refused. */
export const filterKeys = [
  'id',
  'name',
  'label',
  'status',
  'exited',
  'health',
  'ancestor',
  'publish',
  'expose',
  'before',
  'since',
  'network',
  'volume',
  'is-task',
  'node',
] as const

const statuses = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead']
const healths = ['starting', 'healthy', 'unhealthy', 'none']

/** Everything of a container that a filter looks at. */
interface Subject {
  readonly container: ContainerView
  readonly node: NodeView | undefined
  readonly state: Readonly<Record<string, unknown>>
}

/** One row a key: whether a value accepts the container. Values are joined by "or", except labels. */
const accepting: Readonly<Record<string, (subject: Subject, value: string) => boolean>> = {
  id: ({ container }, value) => matcher('id', value)(container.id),
  name: ({ container: { name, hostname } }, value) =>
    [`/${name}`, name, `/${hostname}/${name}`].some(matcher('name', value)),
  status: ({ state }, value) => text(state['Status']) === oneOf('status', statuses, value),
  exited: ({ state }, value) =>
    number(state['ExitCode']) === exitCode(value) && text(state['Status']) === 'exited',
  health: ({ state }, value) => healthOf(state) === oneOf('health', healths, value),
  ancestor: isAncestor,
  publish: ({ container: { inspect } }, value) =>
    portIn(Object.keys(object(object(inspect['HostConfig'])['PortBindings'])), 'publish', value),
  expose: ({ container: { inspect } }, value) =>
    portIn(Object.keys(object(object(inspect['Config'])['ExposedPorts'])), 'expose', value),
  network: ({ container: { inspect } }, value) =>
    Object.entries(object(object(inspect['NetworkSettings'])['Networks'])).some(
      ([name, network]) => name === value || text(object(network)['NetworkID']).startsWith(value),
    ),
  volume: ({ container: { inspect } }, value) =>
    list(inspect['Mounts'])
      .map(object)
      .some(
        (mount) =>
          (text(mount['Name']) || text(mount['Source'])) === value ||
          text(mount['Destination']) === value,
      ),
  'is-task': (_, value) => !isTrue('is-task', value),
  node: ({ container }, value) => container.hostname === value || container.agent === value,
}

/** True when the container passes every filter but `before` and `since`. Throws INVALID_FILTER for a value that is none. */
export const matches = (
  container: ContainerView,
  node: NodeView | undefined,
  filters: Filters,
): boolean => {
  const subject = { container, node, state: object(container.inspect['State']) }
  const labels = textMap(object(container.inspect['Config'])['Labels'])
  return (
    labelsMatch(filters, labels) &&
    Object.entries(accepting).every(([key, accepts]) =>
      some(filters, key, (value) => accepts(subject, value)),
    )
  )
}

function isAncestor({ container, node }: Subject, value: string): boolean {
  const imageId = text(container.inspect['Image'])
  const image = text(object(container.inspect['Config'])['Image'])
  const name = familiarName(value)
  const isIdPrefix = /^(sha256:)?[0-9a-f]{4,64}$/.test(value)
  return (
    familiarName(image) === name ||
    (isIdPrefix && imageId.replace('sha256:', '').startsWith(value.replace('sha256:', ''))) ||
    (node?.images ?? []).some(
      ({ id, tags, digests }) => id === imageId && (tags.includes(name) || digests.includes(name)),
    )
  )
}

/** `80`, `80/udp`, `80-90/tcp`: container ports, as dockerd compares them. */
const portIn = (ports: readonly string[], filter: string, value: string): boolean => {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(\w+))?$/.exec(value)
  if (match === null) throw new ApiError('INVALID_FILTER', `${filter}=${value}`)
  const [, first = '', last = first, protocol = 'tcp'] = match
  return ports
    .map(parseContainerPort)
    .some(
      (port) =>
        port.protocol === protocol && port.port >= Number(first) && port.port <= Number(last),
    )
}

const oneOf = (filter: string, known: readonly string[], value: string): string => {
  if (!known.includes(value)) throw new ApiError('INVALID_FILTER', `${filter}=${value}`)
  return value
}

const exitCode = (value: string): number => {
  if (!/^-?\d{1,9}$/.test(value)) throw new ApiError('INVALID_FILTER', `exited=${value}`)
  return Number(value)
}

const isTrue = (filter: string, value: string): boolean =>
  oneOf(filter, ['true', '1', 'false', '0'], value) === 'true' || value === '1'
