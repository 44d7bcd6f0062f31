import { giveBack } from '../executors/give-back.ts'
import { launchOnExecutor } from '../executors/launch.ts'
import type { MessageOf } from '../message.ts'
import type { Unlabeled } from '../modules/message.ts'
import { isTerminal, type Task, taskKey } from '../state.ts'
import type { Turn } from '../turn.ts'
import { endTask, launchFailed } from './end.ts'
import { proceed } from './launch.ts'

/** LABELED: the launch goes on with what hooks made of the labels, unless it was given up meanwhile. */
export const labeled = (turn: Turn, { launch, outcome }: MessageOf<'LABELED'>): void => {
  const { frameworkId, infos, executor } = partsOf(launch)
  const tasks = infos.flatMap(({ task_id }, index) => {
    const task = turn.state.tasks.get(taskKey(frameworkId, task_id.value))
    if (task === undefined || isTerminal(task.state)) return []
    const labels = 'labels' in outcome ? outcome.labels[index] : undefined
    if (labels !== undefined && JSON.stringify(labels) !== JSON.stringify(task.info.labels))
      turn.record({ type: 'LABELS', task: task.key, labels })
    task.creating = false
    task.labeling = false
    return [task]
  })
  const isOwn = executor?.type === 'DEFAULT' || tasks.every(isCommand)
  // What the agent itself runs ends what was ended meanwhile; nobody else knows of it yet.
  const isOver = !isOwn && tasks.some(({ ending }) => ending !== undefined)
  if (tasks.length === 0 || isOver || !('labels' in outcome)) {
    for (const task of tasks) {
      if (task.ending !== undefined || 'labels' in outcome) endTask(turn, task, undefined)
      else launchFailed(turn, task, { ...outcome, phase: 'hook' })
    }
    return giveBack(turn, frameworkId, executor, launch.event)
  }
  if (launch.type === 'LAUNCH_GROUP')
    return launchOnExecutor(turn, tasks, launch.event.executor_info, launch.event)
  for (const task of tasks) proceed(turn, task, launch.event)
}

const isCommand = ({ containerizer, info }: Task): boolean =>
  containerizer === 'mesos' && info.executor === undefined

const partsOf = (launch: Unlabeled) => {
  const frameworkId = launch.event.framework_info.id?.value ?? ''
  return launch.type === 'LAUNCH'
    ? {
        frameworkId,
        infos: [launch.event.task_info],
        executor: launch.event.task_info.executor,
      }
    : {
        frameworkId,
        infos: launch.event.task_infos ?? [],
        executor: launch.event.executor_info,
      }
}
