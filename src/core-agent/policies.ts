import type { Resources } from '../resources/resources.ts'
import type { Estimator } from './estimator/estimator.ts'
import { fixedEstimator } from './estimator/fixed.ts'
import { moduleEstimator } from './estimator/module.ts'
import { noopEstimator } from './estimator/noop.ts'
import { UsageEstimator, type UsageOptions } from './estimator/usage.ts'
import type { QosController } from './qos/controller.ts'
import { GradedController, type Reclaim } from './qos/graded.ts'
import { type LoadThresholds, loadController } from './qos/load.ts'
import { moduleController } from './qos/module.ts'
import { noopController } from './qos/noop.ts'

export type EstimatorConfig =
  | { readonly name: 'noop' }
  | { readonly name: 'fixed'; readonly lent: Resources }
  | { readonly name: 'usage'; readonly options: UsageOptions }
  | ModuleConfig

export type QosConfig =
  | { readonly name: 'noop' }
  | { readonly name: 'graded'; readonly reclaim: Reclaim }
  | { readonly name: 'load'; readonly thresholds: LoadThresholds }
  | ModuleConfig

/** `--modules` has it. */
interface ModuleConfig {
  readonly name: 'module'
  readonly module: string
}

/** As the flag has it. */
export const policyName = (config: EstimatorConfig | QosConfig): string =>
  config.name === 'module' ? config.module : config.name

export const makeEstimator = (config: EstimatorConfig): Estimator => {
  if (config.name === 'module') return moduleEstimator(config.module)
  if (config.name === 'usage') return new UsageEstimator(config.options)
  return config.name === 'fixed' ? fixedEstimator(config.lent) : noopEstimator
}

export const makeController = (config: QosConfig): QosController => {
  if (config.name === 'module') return moduleController(config.module)
  if (config.name === 'graded') return new GradedController(config.reclaim)
  return config.name === 'load' ? loadController(config.thresholds) : noopController
}

/** What makes the agent read its control groups each second. */
export const measures = (estimator: EstimatorConfig, qos: QosConfig): boolean =>
  estimator.name === 'usage' ||
  qos.name === 'graded' ||
  [estimator.name, qos.name].includes('module')
