import { type FrameworkId, id, type TaskId } from '../../mesos/ids.ts'
import { fromWire } from '../../mesos/resources.ts'
import type { AgentLinkCallSubscribe, FrameworkInfo, Task as WireTask } from '../../mesos/wire.ts'
import { reconcileExecutors } from '../executors/reconcile.ts'
import { forgetUnreachable } from '../registry/agents.ts'
import { newFramework } from '../scheduler/subscribe.ts'
import { type Agent, type Framework, present, type Task } from '../state.ts'
import { addTask, completeTask, setState } from '../tasks/life.ts'
import { latestStatus, orLost, tellStatus } from '../tasks/master-status.ts'
import { isTerminal } from '../tasks/states.ts'
import { log, type Turn, tellAgent } from '../turn.ts'
import { settleUnreachable } from './leave.ts'

/** Brings what an agent lists and what the master remembers of it together: the agent is right about its tasks (M3). */
export const reconcileAgent = (turn: Turn, agent: Agent, call: AgentLinkCallSubscribe): void => {
  const infos = new Map((call.frameworks ?? []).map((info) => [frameworkIdOf(info), info]))
  for (const [frameworkId, info] of infos) updateOrShutDown(turn, agent, frameworkId, info)
  const listed = (call.tasks ?? []).filter(
    ({ framework_id: { value } }) => !turn.state.completedFrameworks.has(id<FrameworkId>(value)),
  )
  introduce(turn, agent, infos)
  settleUnlisted(turn, agent, listed)
  const frameworkOf = (frameworkId: FrameworkId) =>
    turn.state.frameworks.get(frameworkId) ??
    newFramework(turn, frameworkId, present(infos.get(frameworkId)))
  for (const task of listed)
    bring(turn, agent, frameworkOf(id<FrameworkId>(task.framework_id.value)), task)
  reconcileExecutors(turn, agent, call, frameworkOf)
  settleAside(turn, agent)
  forgetUnreachable(turn, agent.id)
}

const frameworkIdOf = (info: FrameworkInfo): FrameworkId => id<FrameworkId>(present(info.id).value)

/** A removed framework is shut down there; of a connected one the agent learns the newest description. */
const updateOrShutDown = (
  turn: Turn,
  agent: Agent,
  frameworkId: FrameworkId,
  info: FrameworkInfo,
): void => {
  const framework = turn.state.frameworks.get(frameworkId)
  if (turn.state.completedFrameworks.has(frameworkId))
    tellAgent(turn, agent, {
      type: 'SHUTDOWN_FRAMEWORK',
      shutdown_framework: { framework_id: present(info.id) },
    })
  else if (framework?.recovered === false)
    tellAgent(turn, agent, {
      type: 'UPDATE_FRAMEWORK',
      update_framework: { framework_info: framework.info },
    })
}

/**
 * An agent that died before it had written its first launch of a framework down has never heard of that, and would
 * answer for its tasks as of one without capabilities: TASK_LOST for what was dropped.
 */
const introduce = (
  turn: Turn,
  agent: Agent,
  known: ReadonlyMap<FrameworkId, FrameworkInfo>,
): void => {
  for (const frameworkId of new Set([...agent.tasks].map(({ framework }) => framework))) {
    const framework = turn.state.frameworks.get(frameworkId)
    if (framework !== undefined && !known.has(frameworkId))
      updateOrShutDown(turn, agent, frameworkId, framework.info)
  }
}

/** Tasks that we know and the agent does not list: it is asked, and answers with its truth or that they were dropped. */
const settleUnlisted = (turn: Turn, agent: Agent, listed: readonly WireTask[]): void => {
  const names = new Set(listed.map((task) => nameOf(task.framework_id.value, task.task_id.value)))
  for (const task of agent.tasks) {
    task.unlisted = !names.has(nameOf(task.framework, task.id))
    // The agent forgets a task that ended once its end is acknowledged.
    if (task.unlisted && isTerminal(task.state)) completeTask(turn, task)
  }
  askForUnlisted(turn, agent)
}

/** The question, or the answer to it, may be lost: it is put again with each ping until the task is settled. */
export const askForUnlisted = (turn: Turn, agent: Agent): void => {
  const asked = [...agent.tasks].filter(({ unlisted }) => unlisted)
  if (asked.length === 0) return
  tellAgent(turn, agent, {
    type: 'RECONCILE',
    reconcile: {
      tasks: asked.map(({ framework, id: taskId }) => ({
        framework_id: { value: framework },
        task_id: { value: taskId },
      })),
    },
  })
}

/** Ids contain no slash. */
const nameOf = (frameworkId: string, taskId: string): string => `${frameworkId}/${taskId}`

/** A task that the agent lists: known, back from being unreachable, or new to this master (core-master M3). */
const bring = (turn: Turn, agent: Agent, framework: Framework, wire: WireTask): void => {
  const taskId = id<TaskId>(wire.task_id.value)
  const known = framework.tasks.get(taskId)
  if (known?.agent === agent.id) return setState(turn, known, wire.state)
  if (known !== undefined)
    return log(
      turn,
      'warn',
      { agent: agent.id, framework: framework.id, task: taskId, elsewhere: known.agent },
      'an agent lists a task that another agent has: it is not counted there',
    )
  const task = taskOf(agent, framework, wire)
  framework.unreachableTasks.delete(taskId)
  addTask(agent, framework, task)
  tellStatus(
    turn,
    framework,
    latestStatus(turn, task, 'REASON_AGENT_REREGISTERED', 'Agent re-registered'),
  )
}

const taskOf = (agent: Agent, framework: Framework, wire: WireTask): Task => ({
  id: id<TaskId>(wire.task_id.value),
  name: wire.name,
  framework: framework.id,
  agent: agent.id,
  executor: wire.executor_id?.value,
  role: wire.resources?.[0]?.allocation_info?.role ?? framework.roles[0] ?? '*',
  resources: fromWire(wire.resources),
  state: wire.state,
  update: {
    state: wire.status_update_state ?? wire.state,
    uuid: wire.status_update_uuid,
  },
  statuses: (wire.statuses ?? []).map((status) => ({ ...status, data: undefined })),
  kill: undefined,
  unlisted: false,
  shown: {
    container: wire.container,
    discovery: wire.discovery,
    health_check: wire.health_check,
    labels: wire.labels,
    limits: wire.limits,
    user: wire.user,
  },
})

/** Tasks that were unreachable with the agent and did not come back with it are gone. */
const settleAside = (turn: Turn, agent: Agent): void => {
  for (const framework of turn.state.frameworks.values())
    for (const task of framework.unreachableTasks.values())
      if (task.agent === agent.id)
        settleUnreachable(turn, framework, task, {
          state: orLost(framework, 'TASK_GONE'),
          reason: 'REASON_AGENT_REREGISTERED',
          message: 'Task is unknown to the agent',
        })
}
