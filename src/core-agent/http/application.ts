import type { Clock } from '../../runtime/clock.ts'
import type { Application } from '../../runtime/transport.ts'
import { enginePrefix } from '../attributes.ts'
import { type EngineEndpoint, reply } from './engine-endpoint.ts'
import { executorPath } from './executor-call.ts'
import type { ExecutorEndpoint } from './executor-endpoint.ts'
import { answerFiles } from './files-endpoint.ts'
import type { ViewSource } from './view-source.ts'
import { views } from './views.ts'

/** Every HTTP request to an agent but those that its endpoint wants relayed: the endpoint's own, the executor API, files, and Mesos' views. */
export const createApplication =
  (
    endpoint: EngineEndpoint,
    executors: ExecutorEndpoint,
    source: () => Omit<ViewSource, 'nowMs' | 'monotonicMs'>,
    clock: Clock,
  ): Application =>
  (request, exchange) => {
    const [path = ''] = request.path.split('?')
    if (path.startsWith(`${enginePrefix}/`)) return endpoint.answer(request, exchange)
    if (path === executorPath || path === `/slave(1)${executorPath}`)
      return executors.answer(request, exchange)
    const { state, config } = source()
    if (answerFiles({ state, workDir: config.workDir, clock }, request, exchange)) return
    const name = path.replace(/^\/slave\(1\)(?=\/)/, '')
    const view = Object.hasOwn(views, name) ? views[name] : undefined
    if (view === undefined) return exchange.reply(404, {})
    if (request.method !== 'GET' && request.method !== 'HEAD') return exchange.reply(405, {})
    const time = { nowMs: clock.now(), monotonicMs: clock.monotonicMs() }
    reply(exchange, 200, view({ ...source(), ...time }))
  }
