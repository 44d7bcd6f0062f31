import type { Clock } from '../../runtime/clock.ts'
import type { Application } from '../../runtime/transport.ts'
import { enginePrefix } from '../attributes.ts'
import { type EngineEndpoint, reply } from './engine-endpoint.ts'
import { executorPath } from './executor-call.ts'
import type { ExecutorEndpoint } from './executor-endpoint.ts'
import { answerFiles } from './files-endpoint.ts'
import { operatorPath } from './operator-call.ts'
import type { OperatorEndpoint } from './operator-endpoint.ts'
import type { ViewSource } from './view-source.ts'
import { views } from './views.ts'

/** Every HTTP request to an agent but those that its endpoint wants relayed: the endpoint's own, the executor and operator APIs, files, and Mesos' views. */
export const createApplication =
  (
    endpoint: EngineEndpoint,
    executors: ExecutorEndpoint,
    operator: OperatorEndpoint,
    source: () => ViewSource,
    clock: Clock,
  ): Application =>
  (request, exchange) => {
    const [path = ''] = request.path.split('?')
    if (path.startsWith(`${enginePrefix}/`)) return endpoint.answer(request, exchange)
    if (path === executorPath || path === `/slave(1)${executorPath}`)
      return executors.answer(request, exchange)
    if (path === operatorPath || path === `/slave(1)${operatorPath}`)
      return operator.answer(request, exchange)
    const { state, config } = source()
    const { workDir, logFile } = config
    if (answerFiles({ state, workDir, logFile, clock }, request, exchange)) return
    const name = path.replace(/^\/slave\(1\)(?=\/)/, '')
    const view = Object.hasOwn(views, name) ? views[name] : undefined
    if (view === undefined) return exchange.reply(404, {})
    if (request.method !== 'GET' && request.method !== 'HEAD') return exchange.reply(405, {})
    reply(exchange, 200, view(source()))
  }
