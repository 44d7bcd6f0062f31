/** Where a run of an executor has its files: Mesos' layout, which scripts and UIs depend on (core-agent §8). */
export const sandboxPath = (
  workDir: string,
  run: {
    readonly agentId: string
    readonly frameworkId: string
    readonly executorId: string
    readonly containerId: string
  },
): string =>
  [
    workDir.replace(/\/$/, ''),
    'slaves',
    run.agentId,
    'frameworks',
    run.frameworkId,
    'executors',
    run.executorId,
    'runs',
    run.containerId,
  ].join('/')
