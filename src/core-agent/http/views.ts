import { containersView, statisticsView } from './containers-view.ts'
import { metricsView } from './metrics-view.ts'
import { oversubscriptionView } from './oversubscription-view.ts'
import { stateView } from './state-view.ts'
import type { ViewSource } from './view-source.ts'

type View = (source: ViewSource) => unknown

/** Mesos' read-only endpoints and one of shoal's (core-agent §9), each also under `/slave(1)`. */
export const views: Readonly<Record<string, View>> = {
  '/health': () => undefined,
  '/version': ({ config }) => ({ version: config.version }),
  '/flags': ({ config }) => ({ flags: config.flags }),
  '/state': (source) => stateView(source),
  '/metrics/snapshot': (source) => metricsView(source),
  '/containers': (source) => containersView(source),
  '/monitor/statistics': (source) => statisticsView(source),
  '/oversubscription': (source) => oversubscriptionView(source),
}
