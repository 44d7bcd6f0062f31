import type { FrameworkInfo } from '../../mesos/wire.ts'
import { runEnvironment } from '../command/environment.ts'
import type { Executor } from '../state.ts'
import type { Settings } from '../turn.ts'

/** As Mesos' flags `recovery_timeout` and `executor_reregistration…`: how long an executor waits for its agent. */
const recoveryTimeout = '15mins'
const subscriptionBackoffMax = '2secs'

/** What an executor of a framework is told (core-agent §3.9). */
export const executorEnvironment = (
  executor: Executor,
  run: Parameters<typeof runEnvironment>[0],
  sandbox: string,
  graceMs: number,
  framework: FrameworkInfo | undefined,
  settings: Settings,
): ReadonlyMap<string, string> =>
  new Map([
    ...runEnvironment(run, sandbox, settings),
    ['MESOS_CHECKPOINT', framework?.checkpoint === true ? '1' : '0'],
    ['MESOS_HTTP_COMMAND_EXECUTOR', '0'],
    ['MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD', `${graceMs}ms`],
    ...(framework?.checkpoint === true
      ? [
          ['MESOS_RECOVERY_TIMEOUT', recoveryTimeout] as const,
          ['MESOS_SUBSCRIPTION_BACKOFF_MAX', subscriptionBackoffMax] as const,
        ]
      : []),
    ...roleOf(executor),
  ])

const roleOf = ({ info }: Executor): readonly (readonly [string, string])[] => {
  const role = info.resources?.[0]?.allocation_info?.role
  return role === undefined ? [] : [['MESOS_ALLOCATION_ROLE', role]]
}
