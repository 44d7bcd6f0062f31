import type { ContainerFacts, Node, PlacementRequest } from '../node.ts'
import type { Check, Filter } from './filter.ts'

/** Containers, networks and volumes that this container names are on its node. */
export const dependency: Filter = {
  name: 'dependency',
  checks: (request, nodes) => needs(request, nodes).map(({ option, isOn }) => check(option, isOn)),
  conditions: (request, nodes) => needs(request, nodes).map(({ option }) => option),
}

interface Need {
  /** As on the command line: `--link=db:alias`. */
  readonly option: string
  readonly isOn: (node: Node) => boolean
}

const needs = ({ dependencies }: PlacementRequest, nodes: readonly Node[]): readonly Need[] => {
  const { volumesFrom, links, networkContainer, networks, volumes } = dependencies
  return [
    ...volumesFrom.map((text) => container(`--volumes-from=${text}`, beforeColon(text))),
    ...links.map((text) => container(`--link=${text}`, beforeColon(text))),
    ...(networkContainer === undefined
      ? []
      : [container(`--net=container:${networkContainer}`, networkContainer)]),
    ...somewhere(networks, nodes, '--net', (node) => node.networks),
    ...somewhere(volumes, nodes, '--volume', (node) => node.volumes),
  ]
}

const container = (option: string, reference: string): Need => ({
  option,
  isOn: (node) => node.containers.some((one) => isNamed(one, node, reference)),
})

/** A name that no node knows ties the container to none: engines make volumes, and refuse unknown networks. */
const somewhere = (
  names: readonly string[],
  nodes: readonly Node[],
  option: string,
  namesOn: (node: Node) => ReadonlySet<string>,
): readonly Need[] =>
  names
    .filter((name) => nodes.some((node) => namesOn(node).has(name)))
    .map((name) => ({ option: `${option}=${name}`, isOn: (node) => namesOn(node).has(name) }))

const check = (option: string, isOn: Need['isOn']): Check => ({
  soft: false,
  accepts: isOn,
  miss: () => `${option}, not there`,
})

const isNamed = ({ id, name }: ContainerFacts, node: Node, reference: string): boolean => {
  const plain = reference.replace(/^\//, '')
  if (name === plain || `${node.hostname}/${name}` === plain) return true
  return /^[0-9a-f]{12,64}$/.test(plain) && id.startsWith(plain)
}

const beforeColon = (text: string): string => text.split(':', 1)[0] ?? ''
