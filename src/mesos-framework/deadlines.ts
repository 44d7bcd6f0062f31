import { decline } from './calls.ts'
import { launchTimedOut, placementTimedOut } from './explain.ts'
import type { Effect } from './messages.ts'
import type { Waiting } from './queue.ts'
import { giveUp } from './requests.ts'
import { nextRetryMs, runDue } from './requeues.ts'
import { awaitKinds, type Context, type FrameworkState, touch } from './state.ts'
import { abandon, reconcileOpen } from './tasks/updates.ts'

/** Everything whose time has come. Each deadline is its own: none waits for another (D13). */
export const tick = (state: FrameworkState, context: Context): readonly Effect[] => [
  ...(isDue(state.reconcileAtMs, context) ? reconcileOpen(state, context) : []),
  ...declineExpired(state, context),
  ...endWaiting(state, context),
  ...endLaunches(state, context),
  ...runDue(state, context),
]

/** Monotonic clock: when `tick` is due, Infinity when nothing waits. */
export const nextTickMs = (state: FrameworkState, monotonicMs: number): number => {
  const launches = [...state.tasks.values()].map((task) =>
    task.phase === 'launching' ? task.deadlineMs : Infinity,
  )
  return launches.reduce(
    (least, deadlineMs) => Math.min(least, deadlineMs),
    Math.min(
      state.book.nextExpiryMs,
      state.queue.nextDeadlineMs(monotonicMs),
      state.reconcileAtMs ?? Infinity,
      nextRetryMs(state),
    ),
  )
}

/** An offer is not kept longer than its time, whatever its agent does (D7). */
const declineExpired = (state: FrameworkState, context: Context): readonly Effect[] => {
  const expired = state.book.expired(context.monotonicMs)
  if (expired.length === 0) return []
  for (const { id, agent, resources } of expired) {
    state.book.remove(id)
    awaitKinds(state, agent, resources)
  }
  touch(state)
  const { offerRefuseMs } = context.config
  state.refusedUntilMs = context.monotonicMs + offerRefuseMs
  return [
    decline(
      expired.map(({ id }) => id),
      offerRefuseMs / 1000,
    ),
  ]
}

const endWaiting = (state: FrameworkState, context: Context): readonly Effect[] =>
  state.queue
    .inOrder()
    .filter(({ deadlineMs }) => isDue(deadlineMs, context))
    .flatMap((waiting) => [
      ...giveUp(state, waiting, outcomeOf(state, context, waiting)),
      {
        type: 'say',
        level: 'info',
        fields: { name: waiting.job.name },
        message: 'no place found for a container in its time',
      } as const,
    ])

const outcomeOf = (state: FrameworkState, context: Context, waiting: Waiting) => {
  const refused = [...waiting.refusedBy.values()].at(-1)
  if (refused !== undefined) return { kind: 'engine', ...refused } as const
  return { kind: 'failed', message: placementTimedOut(state, context, waiting) } as const
}

const endLaunches = (state: FrameworkState, context: Context): readonly Effect[] =>
  [...state.tasks.values()].flatMap((task) => {
    if (task.phase !== 'launching' || !isDue(task.deadlineMs, context)) return []
    const hostname = state.agents.get(task.agent)?.hostname ?? task.agent
    const message = launchTimedOut(context, hostname, task)
    return [
      ...abandon(state, context, task),
      ...giveUp(state, task.waiting, { kind: 'failed', message }),
    ]
  })

const isDue = (atMs: number | undefined, { monotonicMs }: Context): boolean =>
  atMs !== undefined && atMs <= monotonicMs
