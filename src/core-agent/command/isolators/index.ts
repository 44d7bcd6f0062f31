import { cpuIsolator } from './cpu.ts'
import { DiskIsolator, type Measure } from './disk.ts'
import { Hierarchies } from './hierarchies.ts'
import type { Isolator } from './isolator.ts'
import { memoryIsolator } from './memory.ts'
import { pidsIsolator } from './pids.ts'
import { rlimitsIsolator } from './rlimits.ts'

export interface IsolationOptions {
  /** Parent of both tiers below each control group tree. */
  readonly cgroupsRoot: string
  readonly measure: Measure
  readonly enforceDiskQuota: boolean
  /** Where the trees are mounted. */
  readonly mount?: string
}

type Make = (hierarchies: Hierarchies, options: IsolationOptions) => Isolator

/** Every isolator that `--isolation` can name. */
const makers = {
  'cgroups/cpu': cpuIsolator,
  'cgroups/mem': memoryIsolator,
  'cgroups/pids': pidsIsolator,
  'disk/du': (_, { measure, enforceDiskQuota: enforce }) => new DiskIsolator({ measure, enforce }),
  'posix/rlimits': rlimitsIsolator,
} satisfies Readonly<Record<string, Make>>

export type IsolatorName = keyof typeof makers

export const isolatorNames = Object.keys(makers) as readonly IsolatorName[]

/** In the order of the names, which are ours or those of modules. */
export const makeIsolators = (
  names: readonly string[],
  options: IsolationOptions,
  modules: ReadonlyMap<string, Isolator> = new Map(),
): readonly Isolator[] => {
  const hierarchies = new Hierarchies(options.cgroupsRoot, options.mount)
  const all: Readonly<Record<string, Make | undefined>> = makers
  return names.flatMap((name) => all[name]?.(hierarchies, options) ?? modules.get(name) ?? [])
}
