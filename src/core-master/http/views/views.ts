import { type Answer, json, methodNotAllowed, text } from '../../../mesos/answers.ts'
import type { HttpRequest } from '../../../runtime/transport.ts'
import { scheduleView, statusView } from '../../maintenance/status.ts'
import { quotaStatus } from '../../operator/quota-calls.ts'
import {
  frameworksView,
  slavesView,
  stateSummaryView,
  stateView,
  tasksView,
} from './cluster-views.ts'
import type { ViewContext } from './context.ts'
import { metricsView } from './metrics.ts'
import { rolesView, weightsView } from './roles-view.ts'

type JsonView = (context: ViewContext, query: URLSearchParams) => unknown

/** Every view that answers JSON (core-master §8.2). */
const jsonViews: Readonly<Record<string, JsonView>> = {
  '/version': ({ config }) => ({ version: config.version }),
  '/flags': ({ config }) => ({ flags: config.flags }),
  '/metrics/snapshot': metricsView,
  '/state': stateView,
  '/state-summary': stateSummaryView,
  '/slaves': slavesView,
  '/frameworks': frameworksView,
  '/tasks': tasksView,
  '/roles': rolesView,
  '/weights': weightsView,
  '/maintenance/schedule': ({ state }) => scheduleView(state),
  '/maintenance/status': ({ state }) => statusView(state),
  '/quota': ({ state }) => quotaStatus(state),
}

/** The answer of the view at `path` (without the /master prefix), or undefined where there is none. */
export const view = (
  context: ViewContext,
  request: HttpRequest,
  path: string,
  query: URLSearchParams,
): Answer | undefined => {
  const jsonView = Object.hasOwn(jsonViews, path) ? jsonViews[path] : undefined
  if (jsonView === undefined && path !== '/health' && path !== '/redirect') return undefined
  if (request.method !== 'GET') return methodNotAllowed('GET', request.method)
  if (path === '/health') return text(200, '')
  if (path === '/redirect') return redirect(context)
  return withCallback(json(jsonView?.(context, query)), query.get('jsonp'))
}

/** To the leader, protocol-relative as Mesos writes it (core-master §14.3). */
const redirect = ({ config: { hostname, address } }: ViewContext): Answer =>
  text(307, '', { location: `//${hostname}:${address.port}` })

/** `?jsonp=name`: the JSON as the argument of a call, for pages of other origins. */
const withCallback = (answer: Answer, callback: string | null): Answer => {
  if (callback === null) return answer
  if (!/^[A-Za-z_$][\w$.]{0,127}$/.test(callback))
    return text(400, "Expecting 'jsonp' to be the name of a function")
  return {
    ...answer,
    headers: { 'content-type': 'text/javascript' },
    body: `${callback}(${answer.body})`,
  }
}
