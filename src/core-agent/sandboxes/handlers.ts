import { id, type TaskId } from '../../mesos/ids.ts'
import { neverStarted, record, stateOf } from '../docker/inspect.ts'
import type { MessageOf } from '../message.ts'
import type { AgentState, Container } from '../state.ts'
import type { Turn } from '../turn.ts'
import { expired } from './collect.ts'
import { sandboxOf } from './spec.ts'

/** SANDBOXES: what is old goes; what is in use counts as modified now, so that its time begins with its end. */
export const collectSandboxes = (turn: Turn, { runs, diskUsage }: MessageOf<'SANDBOXES'>): void => {
  const { state, context } = turn
  const inUse = containersInUse(state)
  const { gcDelayMs, gcDiskHeadroom } = context.settings
  const collection = { nowMs: context.nowMs, gcDelayMs, gcDiskHeadroom, diskUsage, inUse }
  for (const { path } of expired(runs, collection)) turn.do({ type: 'remove-sandbox', path })
  const kept = runs.filter(({ containerId }) => inUse.has(containerId))
  if (kept.length > 0) turn.do({ type: 'touch-sandboxes', paths: kept.map(({ path }) => path) })
}

/** ContainerIDs whose files somebody may still need: a stopped container can be looked into, too. */
const containersInUse = ({ tasks, executors, containers }: AgentState): ReadonlySet<string> =>
  new Set(
    [...tasks.values(), ...executors.values(), ...containers.values()].map(
      ({ containerId }) => containerId,
    ),
  )

/** What a container of another framework says goes into its sandbox, also what it said while the agent was away. */
export const followLogs = (turn: Turn, container: Container): void => {
  const { engineId, frameworkId, containerId, inspect, kept } = container
  if (kept || inspect === undefined || stateOf(inspect).startedAt === neverStarted) return
  const taskId = id<TaskId>(container.task.slice(frameworkId.length + 1))
  turn.do({
    type: 'follow-logs',
    source: {
      container: engineId,
      sandbox: sandboxOf(turn, { frameworkId, taskId, containerId }).hostPath,
      tty: record(inspect['Config'])['Tty'] === true,
    },
  })
}
