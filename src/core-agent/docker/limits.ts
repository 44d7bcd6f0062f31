import type { TaskInfo } from '../../mesos/wire.ts'
import { hasRevocable, type Resources, scalarOf } from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'

/** What enforcement depends on beside the task. */
export interface Enforcement {
  /** `--cgroups_enable_cfs`: a task without a cpus limit gets its cpus as one. */
  readonly cfs: boolean
  /** Of the machine. */
  readonly memoryBytes: number
}

type Fields = Readonly<Record<string, number>>

/** A share of the CPUs where they are contended; docker has no lower one than 2. */
export const cpuShares = (held: Resources): Fields => ({
  CpuShares: Math.max(2, Math.floor((1024 * scalarOf(held, 'cpus')) / 1000)),
})

/** The hard limit of CPUs (core-agent §3.2; docker/docker.cpp): `limits.cpus`, where that is infinite none. */
export const cpuQuota = (
  task: Pick<TaskInfo, 'limits'>,
  held: Resources,
  { cfs }: Enforcement,
): Fields => {
  const limit = limitOf(task, 'cpus') ?? (cfs ? units(scalarOf(held, 'cpus')) : 0)
  if (limit === 0 || limit === Infinity) return {}
  return { CpuPeriod: periodMicros, CpuQuota: Math.max(1000, Math.floor(periodMicros * limit)) }
}

const periodMicros = 100_000

/**
 * Memory of a task of any framework: its amount is its limit, unless `limits.mem` says otherwise. Then the amount is
 * reserved, and who takes more is killed first. What is revocable never gets more than it holds.
 */
export const memory = (
  task: Pick<TaskInfo, 'limits'>,
  held: Resources,
  { memoryBytes }: Enforcement,
): Fields => {
  const request = heldBytes(held)
  const limit = hasRevocable(held) ? undefined : limitOf(task, 'mem')
  if (limit === undefined) return request === 0 ? {} : { Memory: request }
  const limitBytes = limit === Infinity ? Infinity : bytesOf(limit)
  return {
    ...(limitBytes === Infinity ? {} : { Memory: limitBytes }),
    MemoryReservation: request,
    ...(limitBytes > request ? { OomScoreAdj: oomScore(request, memoryBytes) } : {}),
  }
}

/** Memory of a container of our frontend: a regular one is limited only as its user said (docker-frontend §6.3). */
export const frontendMemory = (task: TaskInfo, held: Resources, askedBytes: number): Fields => {
  if (!hasRevocable(held)) {
    const limit = limitOf(task, 'mem') ?? Infinity
    return askedBytes > 0 || limit === Infinity ? {} : { Memory: bytesOf(limit) }
  }
  const accounted = Math.ceil(units(scalarOf(held, 'mem')) * mib)
  return accounted === 0 ? {} : { Memory: askedBytes > 0 ? askedBytes : accounted }
}

/** Lent memory is what the kernel takes back first. */
export const lentMemory = (held: Resources): Fields =>
  held.some(({ name, revocable }) => name === 'mem' && revocable) ? { OomScoreAdj: 1000 } : {}

/** Undefined: none is given, or one that is no amount, which the master has refused. */
const limitOf = (
  { limits }: Pick<TaskInfo, 'limits'>,
  name: 'cpus' | 'mem',
): number | undefined => {
  const limit = limits?.[name]?.value
  return limit !== undefined && limit > 0 ? limit : undefined
}

const mib = 1024 ** 2
/** As Mesos: below it most images cannot even start. */
const leastBytes = 32 * mib

const bytesOf = (amountMib: number): number => Math.max(leastBytes, Math.floor(amountMib * mib))

const heldBytes = (held: Resources): number => {
  const amountMib = units(scalarOf(held, 'mem'))
  return amountMib === 0 ? 0 : bytesOf(amountMib)
}

/** A container that takes more than it asked for comes to 1000 (slave/containerizer/mesos/utils.cpp). */
const oomScore = (requestBytes: number, machineBytes: number): number =>
  Math.min(1000, Math.max(0, 1000 - Math.floor((1000 * requestBytes) / machineBytes)))
