import { id, type TaskId } from '../../mesos/ids.ts'
import { toWire } from '../../mesos/resources.ts'
import type {
  OfferOperation,
  OfferOperationType,
  SchedulerCallAccept,
  TaskInfo,
  TaskStatusReason,
} from '../../mesos/wire.ts'
import { minus, none, plus, type Resources } from '../../resources/resources.ts'
import { addExecutor, executorOf } from '../executors/book.ts'
import { unauthorizedUser } from '../security/authorize.ts'
import type { Agent, Framework, Offer, Task } from '../state.ts'
import { addTask, countEnd } from '../tasks/life.ts'
import { masterStatus, orLost, tellStatus } from '../tasks/master-status.ts'
import { count, log, runAllocator, type Turn, tell, tellAgent } from '../turn.ts'
import type { CheckedExecutor } from '../validation/executor.ts'
import { checkGroup } from '../validation/group.ts'
import { namedOffers } from '../validation/offers.ts'
import { checkTask } from '../validation/task.ts'
import { answered } from './reclaim.ts'
import { refuse, withdraw } from './withdraw.ts'

/** ACCEPT: runs the operations in order against the sum of the offers; what is left returns with the filter (O11–O16). */
export const accept = (turn: Turn, framework: Framework, call: SchedulerCallAccept): void => {
  const operations = call.operations ?? []
  const launches = operations.some(({ type }) => type === 'LAUNCH' || type === 'LAUNCH_GROUP')
  if (launches) count(turn, 'messages_launch_tasks')
  else if (operations.length === 0) count(turn, 'messages_decline_offers')

  const named = namedOffers(turn.state, framework, call.offer_ids ?? [])
  for (const offer of named.offers) withdraw(turn, offer)
  if (named.kind === 'invalid') return refuseAll(turn, framework, operations, named.problem)

  const [{ agent, role }] = named.offers
  const sale: Sale = {
    framework,
    agent,
    role,
    remaining: plus(...named.offers.map(({ resources }) => resources)),
    launched: 0,
  }
  for (const operation of operations) operationHandlers[typeOf(operation)](turn, sale, operation)

  answered(framework, sale.launched > 0)
  refuse(turn, sale, sale.remaining, call.filters)
  if (turn.config.fastReoffer && sale.launched > 0 && call.filters?.refuse_seconds === 0)
    runAllocator(turn, [agent.id])
}

/** What the operations of one ACCEPT share. */
interface Sale extends Pick<Offer, 'framework' | 'agent' | 'role'> {
  /** Of the offers, not yet used by an operation. */
  remaining: Resources
  launched: number
}

type OperationHandler = (turn: Turn, sale: Sale, operation: OfferOperation) => void

const typeOf = ({ type }: OfferOperation): OfferOperationType =>
  type !== undefined && Object.hasOwn(operationHandlers, type) ? type : 'UNKNOWN'

const launch: OperationHandler = (turn, sale, operation) => {
  for (const task of operation.launch?.task_infos ?? [])
    if (operation.id === undefined) launchTask(turn, sale, task)
    else
      refuseTask(turn, sale, task, 'REASON_TASK_INVALID', idOnLaunch(operation.id.value, 'LAUNCH'))
}

const idOnLaunch = (operationId: string, operation: 'LAUNCH' | 'LAUNCH_GROUP'): string =>
  `The 'id' field was set to '${operationId}', which is not supported for ${operation} operations`

/** All tasks of the group start, or each is in error for the same reason (core-master O14). */
const launchGroup: OperationHandler = (turn, sale, { id: operationId, launch_group: group }) => {
  const tasks = group?.task_group.tasks ?? []
  if (group === undefined || tasks.length === 0) return
  const refuseGroup = (message: string, reason: TaskStatusReason = 'REASON_TASK_GROUP_INVALID') => {
    for (const task of tasks) refuseTask(turn, sale, task, reason, message)
  }
  if (operationId !== undefined) return refuseGroup(idOnLaunch(operationId.value, 'LAUNCH_GROUP'))
  const checked = checkGroup(tasks, group.executor, sale)
  if (checked.kind === 'invalid') return refuseGroup(checked.message)
  const { executor } = checked
  const unauthorized = tasks
    .map((task) => unauthorizedUser(turn.config.acls, sale.framework.info, task, executor.info))
    .find((problem) => problem !== undefined)
  if (unauthorized !== undefined) return refuseGroup(unauthorized, 'REASON_TASK_GROUP_UNAUTHORIZED')
  const launchId = turn.freshId()
  takeExecutor(sale, executor, launchId)
  const infos = tasks.map((task, index) => {
    const resources = checked.resources[index] ?? none
    take(sale, { ...task, executor: executor.info }, resources)
    return { ...allocated(sale, task, resources), executor: executor.info }
  })
  tellAgent(turn, sale.agent, {
    type: 'LAUNCH_GROUP',
    launch_group: {
      launch_id: launchId,
      framework_info: sale.framework.info,
      executor_info: executor.info,
      task_infos: infos,
      ...brought(sale, executor),
    },
  })
}

const unsupported: OperationHandler = (turn, { framework }, operation) =>
  failOperation(turn, framework, operation, `${typeOf(operation)} operations are not supported`)

const operationHandlers: Readonly<Record<OfferOperationType, OperationHandler>> = {
  UNKNOWN: unsupported,
  LAUNCH: launch,
  LAUNCH_GROUP: launchGroup,
  RESERVE: unsupported,
  UNRESERVE: unsupported,
  CREATE: unsupported,
  DESTROY: unsupported,
  GROW_VOLUME: unsupported,
  SHRINK_VOLUME: unsupported,
  CREATE_DISK: unsupported,
  DESTROY_DISK: unsupported,
}

/** The task is in the state, and its resources in the books, before its agent hears of it. */
const launchTask = (turn: Turn, sale: Sale, info: TaskInfo): void => {
  const { framework, agent } = sale
  const checked = checkTask(info, sale)
  if (checked.kind === 'invalid')
    return refuseTask(turn, sale, info, 'REASON_TASK_INVALID', checked.message)
  const unauthorized = unauthorizedUser(turn.config.acls, framework.info, info)
  if (unauthorized !== undefined)
    return refuseTask(turn, sale, info, 'REASON_TASK_UNAUTHORIZED', unauthorized)
  const { resources, executor } = checked
  const launchId = turn.freshId()
  if (executor !== undefined) takeExecutor(sale, executor, launchId)
  take(sale, info, resources)
  tellAgent(turn, agent, {
    type: 'LAUNCH',
    launch: {
      launch_id: launchId,
      framework_info: framework.info,
      task_info: {
        ...allocated(sale, info, resources),
        ...(executor === undefined ? {} : { executor: executor.info }),
      },
      ...(executor === undefined ? {} : brought(sale, executor)),
    },
  })
}

const take = (sale: Sale, info: TaskInfo, resources: Resources): void => {
  sale.remaining = minus(sale.remaining, resources)
  sale.launched += 1
  addTask(sale.agent, sale.framework, stagingTask(sale, info, resources))
}

type Valid = CheckedExecutor & { readonly kind: 'valid' }

/** An executor that the agent has already was charged with its first task. */
const takeExecutor = (sale: Sale, executor: Valid, launchId: string): void => {
  if (!executor.isNew) return
  const { info, resources } = executor
  sale.remaining = minus(sale.remaining, resources)
  addExecutor(sale.agent, sale.framework, { launchId, info, resources, role: sale.role })
}

/** Which executor is meant, for its agent. */
const brought = ({ agent, framework }: Sale, { info, isNew }: Valid) => ({
  launch_executor: isNew,
  executor_launch_id: executorOf(agent, framework.id, info.executor_id.value)?.launchId,
})

const allocated = ({ role }: Sale, info: TaskInfo, resources: Resources): TaskInfo => ({
  ...info,
  resources: toWire(resources, { allocationRole: role, format: 'stacks' }),
})

const stagingTask = (
  { framework, agent, role }: { framework: Framework; agent: Agent; role: string },
  info: TaskInfo,
  resources: Resources,
): Task => ({
  id: id<TaskId>(info.task_id.value),
  name: info.name,
  framework: framework.id,
  agent: agent.id,
  executor: info.executor?.executor_id.value,
  role,
  resources,
  state: 'TASK_STAGING',
  update: undefined,
  statuses: [],
  kill: undefined,
  unlisted: false,
  shown: {
    container: info.container,
    discovery: info.discovery,
    health_check: info.health_check,
    labels: info.labels,
    limits: info.limits,
    user: info.command?.user ?? framework.info.user,
  },
})

const refuseTask = (
  turn: Turn,
  { framework, agent }: Sale,
  task: TaskInfo,
  reason: TaskStatusReason,
  message: string,
): void => {
  const taskId = task.task_id.value
  const status = masterStatus(turn, {
    taskId,
    agentId: agent.id,
    state: 'TASK_ERROR',
    reason,
    message,
  })
  countEnd(turn, status)
  tellStatus(turn, framework, status)
}

/** The offers do not stand: every task is lost, other operations fail (core-master O11). */
const refuseAll = (
  turn: Turn,
  framework: Framework,
  operations: readonly OfferOperation[],
  problem: string,
): void => {
  for (const operation of operations) {
    const tasks = [
      ...(operation.launch?.task_infos ?? []),
      ...(operation.launch_group?.task_group.tasks ?? []),
    ]
    for (const task of tasks) {
      const status = masterStatus(turn, {
        taskId: task.task_id.value,
        agentId: task.agent_id.value,
        state: orLost(framework, 'TASK_DROPPED'),
        reason: 'REASON_INVALID_OFFERS',
        message: `Task launched with invalid offers: ${problem}`,
      })
      countEnd(turn, status)
      tellStatus(turn, framework, status)
    }
    if (tasks.length === 0)
      failOperation(
        turn,
        framework,
        operation,
        `Operation attempted with invalid offers: ${problem}`,
      )
  }
}

/** Feedback only where the framework asked for it by an id (core-master O11). */
const failOperation = (
  turn: Turn,
  framework: Framework,
  operation: OfferOperation,
  message: string,
): void => {
  if (operation.id === undefined)
    return log(
      turn,
      'warn',
      { framework: framework.id, operation: typeOf(operation) },
      `an operation is dropped: ${message}`,
    )
  tell(turn, framework, {
    type: 'UPDATE_OPERATION_STATUS',
    update_operation_status: {
      status: { operation_id: operation.id, state: 'OPERATION_ERROR', message },
    },
  })
}
