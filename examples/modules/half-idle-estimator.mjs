/**
 * Lends a part of the cpus that nobody has used for a minute. Parameters: `share`, from 0 to 1, one half unless given.
 */
export const halfIdleEstimator = {
  apiVersion: '1.0',
  kind: 'ResourceEstimator',
  name: 'example_half_idle_estimator',
  description: 'Lends a share of what was idle in the busiest second of the last minute.',
  // Nothing it does may stall the agent.
  worker: true,
  compatible: () => true,

  create: ({ share = '0.5' }) => ({
    // What could be lent besides what is lent already.
    oversubscribable({ allocatedRevocable, node, history }) {
      if (node === null) return undefined // Nothing is measured, so nothing is known to be idle.
      const busiest = Math.max(...history.map((one) => one.regularCpus + one.systemCpus))
      const lent = allocatedRevocable.find(({ name }) => name === 'cpus')?.scalar.value ?? 0
      const more = Number(share) * (node.cpus - busiest) - lent
      return `cpus:${Math.max(0, more).toFixed(2)}`
    },
  }),
}
