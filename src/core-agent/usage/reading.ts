import type { GroupReading, Waits } from '../cgroups.ts'
import type { CommandUsage } from '../command/containers.ts'

/** Several groups as one; undefined: none of them is there. */
export const together = (
  readings: readonly (GroupReading | undefined)[],
): GroupReading | undefined => {
  const there = readings.filter((one) => one !== undefined)
  return there.length < 2 ? there[0] : there.reduce(sum)
}

const sum = (a: GroupReading, b: GroupReading): GroupReading => ({
  cpuUserSeconds: a.cpuUserSeconds + b.cpuUserSeconds,
  cpuSystemSeconds: a.cpuSystemSeconds + b.cpuSystemSeconds,
  memoryBytes: a.memoryBytes + b.memoryBytes,
  anonBytes: (a.anonBytes ?? 0) + (b.anonBytes ?? 0),
  inactiveFileBytes: a.inactiveFileBytes + b.inactiveFileBytes,
  periods: a.periods + b.periods,
  throttledPeriods: a.throttledPeriods + b.throttledPeriods,
  throttledSeconds: a.throttledSeconds + b.throttledSeconds,
  waits: a.waits && b.waits ? sumOfWaits(a.waits, b.waits) : (a.waits ?? b.waits),
})

/** At most: when both wait at the same time it counts twice. */
const sumOfWaits = (a: Waits, b: Waits): Waits => ({
  cpuSomeSeconds: a.cpuSomeSeconds + b.cpuSomeSeconds,
  memorySomeSeconds: a.memorySomeSeconds + b.memorySomeSeconds,
  memoryFullSeconds: a.memoryFullSeconds + b.memoryFullSeconds,
  ioSomeSeconds: a.ioSomeSeconds + b.ioSomeSeconds,
})

/** Of a module's container, which tells less than a control group; undefined where it says nothing of cpus. */
export const ofCommand = (usage: CommandUsage | undefined): GroupReading | undefined =>
  usage?.cpuUserSeconds === undefined
    ? undefined
    : {
        cpuUserSeconds: usage.cpuUserSeconds,
        cpuSystemSeconds: usage.cpuSystemSeconds ?? 0,
        memoryBytes: usage.memoryBytes ?? 0,
        anonBytes: undefined,
        inactiveFileBytes: 0,
        periods: 0,
        throttledPeriods: 0,
        throttledSeconds: 0,
        waits: undefined,
      }
