import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { ModuleKind } from '../../src/core-agent/modules/descriptor.ts'
import { Hooks } from '../../src/core-agent/modules/hooks.ts'
import { inProcess } from '../../src/core-agent/modules/instance.ts'
import type { Modules } from '../../src/core-agent/modules/load.ts'
import type { FailurePolicy } from '../../src/core-agent/modules/manifest.ts'
import { Plugin } from '../../src/core-agent/modules/plugin.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import type { Logger } from '../../src/runtime/logger.ts'

export interface PluginSpec {
  readonly name?: string
  readonly kind?: ModuleKind
  readonly failurePolicy?: FailurePolicy
  readonly methods: Readonly<Record<string, (input: never) => unknown>>
}

interface Ports {
  readonly clock: Clock
  readonly logger: Logger
}

export const pluginOf = (
  { name = 'mine', kind = 'Hook', failurePolicy = 'fail-open', methods }: PluginSpec,
  ports: Ports,
): Plugin =>
  new Plugin(
    { name, kind, description: 'for a test', isWorker: false, failurePolicy },
    inProcess(methods, Object.keys(methods)),
    ports,
  )

/** Hooks in this order, without files. */
export const hooksOf =
  (...specs: readonly PluginSpec[]) =>
  (ports: Ports): Modules => {
    const plugins = specs.map((spec) => pluginOf(spec, ports))
    return {
      hooks: new Hooks(plugins),
      view: () => plugins.map((one) => one.view()),
      close: () => {},
    }
  }

/** An estimator and a controller, which the flags call `lender` and `taker`. */
export const policiesOf =
  (policies: {
    readonly estimator?: (question: never) => unknown
    readonly controller?: (question: never) => unknown
  }) =>
  (ports: Ports): Modules => {
    const { estimator: oversubscribable, controller: corrections } = policies
    const all = {
      ...(oversubscribable && {
        estimator: pluginOf(
          { name: 'lender', kind: 'ResourceEstimator', methods: { oversubscribable } },
          ports,
        ),
      }),
      ...(corrections && {
        controller: pluginOf(
          { name: 'taker', kind: 'QoSController', methods: { corrections } },
          ports,
        ),
      }),
    }
    const view = () => Object.values(all).map((one) => one.view())
    return { hooks: new Hooks([]), ...all, view, close: () => {} }
  }

export const policyFlags = {
  modules: '{"libraries":[{"file":"/m.mjs","modules":[{"name":"lender"},{"name":"taker"}]}]}',
  resource_estimator: 'lender',
  qos_controller: 'taker',
}

/** A folder for the libraries and manifests of a test file, removed after it; or, with `onTestFinished`, of a test. */
export const moduleFolder = (after: (remove: () => void) => void = afterAll) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-modules-'))
  after(() => rmSync(folder, { recursive: true }))
  return {
    folder,
    write: (name: string, text: string): string => {
      const path = join(folder, name)
      writeFileSync(path, text)
      return path
    },
  }
}
