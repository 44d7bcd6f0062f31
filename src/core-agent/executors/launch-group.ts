import type { AgentLinkEventLaunchGroup } from '../../mesos/wire.ts'
import { reestimate } from '../oversubscription.ts'
import { drainOf, taskKey } from '../state.ts'
import { drainingText } from '../tasks/drain.ts'
import { dropTask } from '../tasks/end.ts'
import { awaitsLabels } from '../tasks/label.ts'
import { knowFramework, refuse } from '../tasks/launch.ts'
import { refuseUnrecorded } from '../tasks/refuse.ts'
import type { Turn } from '../turn.ts'
import { giveBack } from './give-back.ts'
import { launchOnExecutor } from './launch.ts'

/** LAUNCH_GROUP: as LAUNCH, for all tasks of it at once. */
export const launchGroup = (turn: Turn, event: AgentLinkEventLaunchGroup): void => {
  const { state, context } = turn
  const { launch_id: launchId, framework_info: framework, executor_info: info } = event
  const { task_infos: infos = [] } = event
  const frameworkId = framework.id?.value ?? ''
  const keys = infos.map(({ task_id }) => taskKey(frameworkId, task_id.value))
  if (state.launches.has(launchId) || keys.some((key) => state.tasks.has(key))) return
  if (infos.some(({ agent_id }) => agent_id.value !== state.agentId)) return // Of an earlier life.
  if (state.stuck !== undefined) {
    for (const task_info of infos)
      refuseUnrecorded(
        turn,
        { launch_id: launchId, framework_info: framework, task_info },
        state.stuck,
      )
    return giveBack(turn, frameworkId, info, event)
  }
  knowFramework(turn, framework)
  turn.record({
    type: 'LAUNCH_GROUP',
    launchId,
    frameworkId,
    group: { tasks: infos },
    containerIds: infos.map(() => context.uuid()),
  })
  const tasks = keys.flatMap((key) => state.tasks.get(key) ?? [])
  for (const task of tasks) task.delivered = false
  reestimate(turn, 'task launched')
  if (drainOf(state) !== undefined) {
    for (const task of tasks) dropTask(turn, task, 'REASON_AGENT_DRAINING', drainingText)
    return giveBack(turn, frameworkId, info, event)
  }
  if (context.settings.containerizers.includes('mesos')) {
    if (!awaitsLabels(turn, tasks, { type: 'LAUNCH_GROUP', event }))
      launchOnExecutor(turn, tasks, info, event)
    return
  }
  for (const task of tasks)
    refuse(turn, task, 'This agent runs no task groups: it lacks the containerizer mesos')
  giveBack(turn, frameworkId, info, event)
}
