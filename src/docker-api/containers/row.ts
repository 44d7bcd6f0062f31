import type { ContainerView, NodeView } from '../../mesos-framework/cluster.ts'
import type { DockerApiConfig } from '../config.ts'
import { familiarName } from '../images/reference.ts'
import { list, object, text, textMap } from '../json.ts'
import { withNodeAddress } from './addresses.ts'
import { requeueSuffix } from './requeue.ts'
import { statusText } from './status.ts'

/** A row of `GET /containers/json` (Docker API v1.44 `ContainerSummary`). */
export const rowOf = (
  container: ContainerView,
  node: NodeView | undefined,
  names: DockerApiConfig['names'],
  nowMs: number,
) => {
  const { inspect } = container
  const config = object(inspect['Config'])
  const state = object(inspect['State'])
  const settings = object(inspect['NetworkSettings'])
  const isLost = container.unreachableSinceMs !== undefined
  return {
    Id: container.id,
    Names: namesOf(container, names),
    Image: imageOf(text(config['Image']), text(inspect['Image']), node),
    ImageID: text(inspect['Image']),
    Command: commandOf(text(inspect['Path']), list(inspect['Args']).map(text)),
    Created: container.createdSeconds,
    Ports: portsOf(settings['Ports'], node?.ip ?? ''),
    Labels: textMap(config['Labels']),
    State: text(state['Status']),
    Status: isLost ? 'Host Down' : `${statusText(state, nowMs)}${requeueSuffix(container.requeue)}`,
    HostConfig: { NetworkMode: text(object(inspect['HostConfig'])['NetworkMode']) },
    NetworkSettings: { Networks: settings['Networks'] ?? {} },
    Mounts: inspect['Mounts'] ?? [],
  }
}

/** `/node1/web`; with `both` the plain name first, which is then all that the CLI's table shows (docker-frontend §4.3). */
const namesOf = ({ hostname, name }: ContainerView, names: DockerApiConfig['names']) => {
  const onNode = `/${hostname}/${name}`
  return names === 'both' ? [`/${name}`, onNode] : [onNode]
}

/** The reference as given, or the id when the reference names another image by now (moby `list.go`). */
const imageOf = (reference: string, id: string, node: NodeView | undefined): string => {
  const name = familiarName(reference)
  const moved = (node?.images ?? []).some(
    (image) => image.id !== id && (image.tags.includes(name) || image.digests.includes(name)),
  )
  return moved ? id : reference
}

const commandOf = (path: string, args: readonly string[]): string =>
  [path, ...args.map((arg) => (arg.includes(' ') ? `'${arg}'` : arg))].join(' ')

const portsOf = (ports: unknown, nodeIp: string) =>
  Object.entries(withNodeAddress(ports, nodeIp)).flatMap(([key, bindings]) => {
    const [privatePort = '', type = 'tcp'] = key.split('/')
    const port = { PrivatePort: Number(privatePort), Type: type }
    if (bindings === null || bindings.length === 0) return [port]
    return bindings.map(({ HostIp, HostPort }) => ({
      IP: HostIp,
      PrivatePort: port.PrivatePort,
      PublicPort: Number(HostPort),
      Type: type,
    }))
  })
