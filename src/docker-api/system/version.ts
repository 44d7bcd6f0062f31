import type { ClusterSummary, NodeView, OfferView } from '../../mesos-framework/cluster.ts'
import { apiVersion, minApiVersion } from '../api-version.ts'
import { type Answer, type Api, json } from '../call.ts'
import type { DockerApiConfig } from '../config.ts'

/** `GET /version`. */
export const getVersion = ({ cluster, config }: Api): Answer =>
  json(200, versionOf(config, cluster.summary(), cluster.nodes(), cluster.offers()))

/** Docker API v1.44 `SystemVersion`; components print as sections of `docker version` (docker-frontend §4.2). */
export const versionOf = (
  config: DockerApiConfig,
  summary: ClusterSummary,
  nodes: readonly NodeView[],
  offers: readonly OfferView[],
) => ({
  Platform: { Name: 'shoal' },
  Components: [
    {
      Name: 'Engine',
      Version: `shoal/${config.version}`,
      // What `docker version` prints of an engine, in the form it expects.
      Details: {
        ApiVersion: apiVersion,
        Arch: goArchitecture(config.architecture),
        BuildTime: 'n/a',
        Experimental: 'false',
        GitCommit: 'n/a',
        GoVersion: 'n/a',
        KernelVersion: config.kernelVersion,
        MinAPIVersion: minApiVersion,
        Os: 'linux',
      },
    },
    {
      Name: 'Cluster',
      Version: config.version,
      Details: {
        Engines: engineVersions(nodes),
        FrameworkID: summary.frameworkId ?? 'none',
        Master: summary.master ?? 'none',
        Nodes: String(nodes.length),
        Offers: String(offers.length),
      },
    },
  ],
  Version: `shoal/${config.version}`,
  ApiVersion: apiVersion,
  MinAPIVersion: minApiVersion,
  GitCommit: 'n/a',
  GoVersion: 'n/a',
  Os: 'linux',
  Arch: goArchitecture(config.architecture),
  KernelVersion: config.kernelVersion,
  BuildTime: 'n/a',
})

/** Docker names architectures in `version` as Go does, in `info` as the kernel does. */
const goArchitecture = (machine: string): string =>
  ({ x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm', i686: '386' })[machine] ?? machine

/** `20.10.24 (3), 26.1.5 (1)`. */
const engineVersions = (nodes: readonly NodeView[]): string => {
  const counts = new Map<string, number>()
  for (const { engine } of nodes)
    if (engine !== undefined) counts.set(engine.version, (counts.get(engine.version) ?? 0) + 1)
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([version, count]) => `${version} (${count})`)
    .join(', ')
}
