import type { AgentId, FrameworkId, TaskId } from '../mesos/ids.ts'
import { id } from '../mesos/ids.ts'
import type { WrittenRequeue } from './tasks/requeue-record.ts'

/** What the framework must know after a restart: who it is, and where its containers are (D9, D10). */
export type LogRecord =
  | { readonly type: 'CLUSTER'; readonly id: string }
  | { readonly type: 'FRAMEWORK'; readonly id: FrameworkId }
  | { readonly type: 'AGENT'; readonly agent: KnownAgent }
  | { readonly type: 'FORGOTTEN'; readonly agent: AgentId }
  /** The container runs under a later task than its label says. */
  | { readonly type: 'RESTARTED'; readonly container: string; readonly task: TaskId }
  /** What is to become of a container that was revoked. */
  | { readonly type: 'REQUEUE'; readonly requeue: WrittenRequeue }

export interface KnownAgent {
  readonly id: AgentId
  readonly hostname: string
  readonly ip: string
  readonly port: number
  readonly prefix: string
  readonly attributes: readonly (readonly [string, string])[]
}

/** All records in one value. */
export interface Memory {
  readonly clusterId: string | undefined
  readonly frameworkId: FrameworkId | undefined
  readonly agents: readonly KnownAgent[]
  readonly restarted: readonly (readonly [container: string, task: TaskId])[]
  readonly requeues: readonly WrittenRequeue[]
}

/** What a log says. Throws where it is not ours. */
export const remember = (snapshot: unknown, records: readonly unknown[]): Memory => {
  const start = (snapshot ?? {}) as Partial<Memory>
  let clusterId = start.clusterId
  let frameworkId = start.frameworkId
  const agents = new Map((start.agents ?? []).map((agent) => [agent.id, agent]))
  const restarted = new Map(start.restarted)
  const requeues = new Map((start.requeues ?? []).map((one) => [one.container, one]))
  for (const record of records as readonly LogRecord[]) {
    if (record.type === 'CLUSTER') clusterId = record.id
    else if (record.type === 'FRAMEWORK') frameworkId = id<FrameworkId>(record.id)
    else if (record.type === 'AGENT') agents.set(record.agent.id, record.agent)
    else if (record.type === 'FORGOTTEN') agents.delete(record.agent)
    else if (record.type === 'RESTARTED') restarted.set(record.container, record.task)
    else if (record.type === 'REQUEUE') requeues.set(record.requeue.container, record.requeue)
    else throw new Error(`not a record of a framework: ${JSON.stringify(record).slice(0, 100)}`)
  }
  return {
    clusterId,
    frameworkId,
    agents: [...agents.values()],
    restarted: [...restarted],
    requeues: [...requeues.values()],
  }
}
