import { manageAliases } from '../../docker-api/config.ts'
import { CloseStack } from '../../runtime/close-stack.ts'
import type { FlagCommand } from '../flag-command.ts'
import { StartError } from '../start-error.ts'
import { terminalSteps } from '../steps.ts'
import { stopSignal, whenAborted } from '../stop.ts'
import { upFlags } from './config.ts'
import { nextSteps } from './ready.ts'
import { startUp } from './up.ts'

const {
  host,
  'insecure-bind': insecureBind,
  strategy,
  filter,
  'cluster-opt': clusterOpt,
  ...own
} = upFlags

export const upCommand: FlagCommand = {
  name: 'up',
  summary: 'Run a whole cluster on this machine: a master, agents and the Docker endpoint.',
  examples: [
    'shoal up',
    "shoal up --agents 2 --resources 'cpus:2;mem:1024' --revocable-resources 'cpus:4'",
    'shoal up -H tcp://127.0.0.1:4375 --cluster-opt mesos.tasktimeout=10s --strategy binpack',
  ],
  groups: {
    'The cluster:': own,
    'Its Docker endpoint:': {
      host,
      'insecure-bind': insecureBind,
      strategy,
      filter,
      'cluster-opt': clusterOpt,
    },
  },
  aliases: { H: manageAliases['H'] ?? 'host', f: 'filter' },
  run: async (given) => {
    const steps = terminalSteps(process.stderr)
    const stop = stopSignal()
    const parts = new CloseStack()
    try {
      let failure = new Promise<Error>(() => {})
      const failed = (one: Promise<Error>) => {
        failure = one
      }
      const addresses = await startUp(given, { steps, parts, stop, failed })
      process.stdout.write(`${nextSteps(addresses)}\n`)
      const error = await Promise.race([whenAborted(stop), failure])
      if (error !== undefined) throw new StartError(error.message, { cause: error })
      steps.line('Stopping. Containers keep running, and the next start finds them again.')
    } catch (error) {
      if (error !== stop.reason) throw error
    } finally {
      await parts.close()
    }
  },
}
