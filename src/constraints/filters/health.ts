import type { Filter } from './filter.ts'

/** The agent is reachable and its engine answers. */
export const health: Filter = {
  name: 'health',
  appliesToRestarts: true,
  failure: 'No healthy node available in the cluster',
  checks: () => [{ soft: false, accepts: (node) => node.healthy, miss: () => 'not healthy' }],
  conditions: () => [],
}
