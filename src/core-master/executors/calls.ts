import { type AgentId, type FrameworkId, id } from '../../mesos/ids.ts'
import type {
  AgentLinkCallExecutorExited,
  AgentLinkCallExecutorMessage,
  SchedulerCallMessage,
  SchedulerCallShutdown,
} from '../../mesos/wire.ts'
import type { Agent, Framework } from '../state.ts'
import { count, log, type Turn, tell, tellAgent } from '../turn.ts'
import { executorOf, removeExecutor } from './book.ts'

/** MESSAGE of a framework: bytes to its executor, best effort (core-master §1.5). */
export const messageExecutor = (
  turn: Turn,
  framework: Framework,
  { agent_id, executor_id, data }: SchedulerCallMessage,
): void => {
  count(turn, 'messages_framework_to_executor')
  const agent = connected(turn, agent_id.value)
  if (agent === undefined) {
    count(turn, 'invalid_framework_to_executor_messages')
    return dropped(turn, framework, 'MESSAGE', agent_id.value)
  }
  count(turn, 'valid_framework_to_executor_messages')
  tellAgent(turn, agent, {
    type: 'MESSAGE',
    message: { framework_id: { value: framework.id }, executor_id, data },
  })
}

/** SHUTDOWN of a framework: its executor on an agent is to end, and its tasks with it. */
export const shutdownExecutor = (
  turn: Turn,
  framework: Framework,
  { agent_id, executor_id }: SchedulerCallShutdown,
): void => {
  const agent = connected(turn, agent_id.value)
  if (agent === undefined) return dropped(turn, framework, 'SHUTDOWN', agent_id.value)
  tellAgent(turn, agent, {
    type: 'SHUTDOWN_EXECUTOR',
    shutdown_executor: { framework_id: { value: framework.id }, executor_id },
  })
}

/** EXECUTOR_EXITED of an agent: its resources are free, and its framework hears of a failure (core-master W13). */
export const executorExited = (
  turn: Turn,
  agent: Agent,
  { framework_id, executor_id, status, launch_id }: AgentLinkCallExecutorExited,
): void => {
  count(turn, 'messages_exited_executor')
  const frameworkId = id<FrameworkId>(framework_id.value)
  const executor = executorOf(agent, frameworkId, executor_id.value)
  if (executor === undefined) return // Freed already, or never launched.
  if (launch_id !== undefined && launch_id !== executor.launchId) return // One before it.
  removeExecutor(turn, agent, executor)
  const framework = turn.state.frameworks.get(frameworkId)
  if (framework === undefined) return
  tell(turn, framework, {
    type: 'FAILURE',
    failure: {
      agent_id: { value: agent.id },
      executor_id,
      ...(status === undefined ? {} : { status }),
    },
  })
}

/** EXECUTOR_MESSAGE of an agent: bytes to the framework, best effort. */
export const executorMessage = (
  turn: Turn,
  agent: Agent,
  { framework_id, executor_id, data }: AgentLinkCallExecutorMessage,
): void => {
  count(turn, 'messages_executor_to_framework')
  const framework = turn.state.frameworks.get(id<FrameworkId>(framework_id.value))
  if (framework?.stream === undefined) {
    count(turn, 'invalid_executor_to_framework_messages')
    return
  }
  count(turn, 'valid_executor_to_framework_messages')
  tell(turn, framework, {
    type: 'MESSAGE',
    message: { agent_id: { value: agent.id }, executor_id, data },
  })
}

const connected = ({ state }: Turn, agentId: string): Agent | undefined => {
  const agent = state.agents.get(id<AgentId>(agentId))
  return agent?.session === undefined ? undefined : agent
}

const dropped = (turn: Turn, framework: Framework, call: string, agent: string): void =>
  log(
    turn,
    'warn',
    { framework: framework.id, call, agent },
    'a call for an agent that is not connected is dropped',
  )
