import { masterFlags, parseMasterConfig } from '../../src/core-master/config.ts'
import { Master } from '../../src/core-master/master.ts'
import { memoryRegistry, type Registry } from '../../src/core-master/registry/registry.ts'
import { silent } from '../../src/runtime/logger.ts'
import { SimClock } from './sim-clock.ts'
import { simIds, simRandom } from './sim-random.ts'

/** A master on a simulated clock, at 10.0.0.100:5050; `flags` as typed. */
export const startSimMaster = (
  flags: Readonly<Partial<Record<keyof typeof masterFlags, string>>> = {},
  options: {
    readonly clock?: SimClock
    readonly seed?: number
    readonly registry?: Registry
    readonly failed?: (error: Error) => void
  } = {},
): { readonly master: Master; readonly clock: SimClock } => {
  const clock = options.clock ?? new SimClock(Date.UTC(2026, 0, 1))
  const seed = options.seed ?? 1
  const given = Object.fromEntries(Object.entries(flags).map(([name, text]) => [name, [text]]))
  const master = new Master(
    {
      ...parseMasterConfig(given, {}),
      version: '0.0.0',
      address: { ip: '10.0.0.100', port: 5050 },
    },
    {
      clock,
      random: simRandom(seed),
      ids: simIds(seed),
      logger: silent,
      registry: options.registry ?? memoryRegistry(),
      failed: options.failed ?? throwIt,
    },
  )
  master.start()
  return { master, clock }
}

const throwIt = (error: Error): never => {
  throw error
}
