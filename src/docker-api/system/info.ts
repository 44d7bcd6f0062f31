import type {
  ClusterSummary,
  ContainerView,
  NodeView,
  OfferView,
} from '../../mesos-framework/cluster.ts'
import { plus, scalarOf } from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'
import { type Answer, type Api, json } from '../call.ts'
import type { DockerApiConfig } from '../config.ts'
import { waitsFor } from '../containers/requeue.ts'
import { countContainers, nodeRows } from './node-rows.ts'
import { offerBlocks, offerObject, offerRows, type Row } from './offer-rows.ts'

/** `GET /info`, from memory. */
export const getInfo = ({ cluster, config, clock }: Api): Answer =>
  json(
    200,
    infoOf(config, {
      summary: cluster.summary(),
      nodes: cluster.nodes(),
      offers: cluster.offers(),
      containers: cluster.containers(),
      nowMs: clock.now(),
    }),
  )

export interface ClusterPicture {
  readonly summary: ClusterSummary
  readonly nodes: readonly NodeView[]
  readonly offers: readonly OfferView[]
  readonly containers: readonly ContainerView[]
  readonly nowMs: number
}

/** Docker API v1.44 `SystemInfo`; `SystemStatus` is what the CLI prints of the cluster, `Offers` the same as data (docker-frontend §4.1). */
export const infoOf = (config: DockerApiConfig, picture: ClusterPicture) => {
  const { summary, nodes, offers, containers, nowMs } = picture
  const counts = countContainers(containers)
  const blocks = offerBlocks(offers, nodes)
  const total = plus(...nodes.flatMap(({ held, offered }) => [held, offered]))
  const offered: readonly Row[] = [['Offers', String(blocks.length)], ...blocks.flatMap(offerRows)]
  const waiting: readonly Row[] =
    summary.waiting === 0 ? [] : [['Waiting', String(summary.waiting)], ...revokedRows(containers)]
  return {
    ID: summary.clusterId,
    Containers: counts.all,
    ContainersRunning: counts.running,
    ContainersPaused: counts.paused,
    ContainersStopped: counts.stopped,
    Images: new Set(nodes.flatMap(({ images }) => images.map(({ id }) => id))).size,
    Driver: 'shoal',
    DriverStatus: [],
    SystemStatus: [
      ['Role', 'primary'],
      ['Strategy', summary.strategy],
      ['Filters', summary.filters.join(', ')],
      ...offered,
      ...waiting,
      ...nodeRows(nodes, containers),
    ] satisfies readonly Row[],
    Offers: blocks.map(offerObject),
    Plugins: { Volume: null, Network: null, Authorization: null, Log: null },
    ...capabilities,
    NCPU: Math.floor(units(scalarOf(total, 'cpus'))), // Clients read an integer.
    MemTotal: Math.round(units(scalarOf(total, 'mem')) * 1_048_576),
    Debug: false,
    SystemTime: new Date(nowMs).toISOString(),
    KernelVersion: config.kernelVersion,
    OperatingSystem: config.operatingSystem,
    OSType: 'linux',
    Architecture: config.architecture,
    Name: config.hostname,
    ServerVersion: `shoal/${config.version}`,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: null,
    Runtimes: null,
    Labels: [],
    ExperimentalBuild: false,
    // An empty object would make the CLI print a node id and a manager that are not there.
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    Warnings: warningsOf(config, nodes),
  }
}

/** Revoked containers that are shown with what they wait for. */
const maxRevokedRows = 20

/** Of those that wait, the revoked ones: nobody else would be told why. */
const revokedRows = (containers: readonly ContainerView[]): readonly Row[] => {
  const rows = containers.flatMap(({ name, hostname, requeue }): Row[] =>
    requeue?.phase === 'waiting' ? [[`  └ ${name}`, waitsFor(requeue, hostname)]] : [],
  )
  const more = rows.length - maxRevokedRows
  return more > 0 ? [...rows.slice(0, maxRevokedRows), ['  └ …', `and ${more} more`]] : rows
}

const capabilities = {
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsPeriod: true,
  CpuCfsQuota: true,
  CPUShares: true,
  CPUSet: true,
  PidsLimit: true,
  IPv4Forwarding: true,
  BridgeNfIptables: true,
  BridgeNfIp6tables: true,
  OomKillDisable: true,
}

const warningsOf = (config: DockerApiConfig, nodes: readonly NodeView[]): readonly string[] => {
  const named = (which: (node: NodeView) => boolean) =>
    nodes
      .filter(which)
      .map(({ hostname }) => hostname)
      .sort()
      .join(', ')
  const lost = named(({ status }) => status === 'Unreachable')
  const fragile = named(({ engine }) => engine?.liveRestore === false)
  return [
    ...config.warnings.map((warning) => `WARNING: ${warning}`),
    ...(lost === '' ? [] : [`WARNING: unreachable: ${lost}`]),
    ...(fragile === ''
      ? []
      : [`WARNING: a restart of dockerd ends its containers (no live-restore): ${fragile}`]),
  ]
}
