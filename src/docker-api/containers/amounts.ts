import type { Amounts } from '../../constraints/node.ts'
import type { DockerApiConfig } from '../config.ts'
import { ApiError } from '../errors.ts'
import type { HostConfig } from './create-body.ts'

/** Docker's period where a quota names none. */
const defaultCpuPeriodMicros = 100_000
const bytesPerMiB = 1_048_576

/**
 * What a create is counted with, in thousandths (docker-frontend §6.2, §6.3): stated sizes, then the defaults.
 * Throws INVALID_PARAMETER in Swarm's words where sizes are required and none is stated.
 */
export const amountsOf = (
  host: HostConfig,
  config: Pick<DockerApiConfig, 'defaultCpusMilli' | 'defaultMemoryMiB' | 'requireResources'>,
): Amounts => {
  const cpusMilli = statedCpusMilli(host)
  const memoryMilli = statedMemoryMilli(host)
  if (config.requireResources && cpusMilli === undefined && memoryMilli === undefined)
    throw new ApiError(
      'INVALID_PARAMETER',
      'resources constraints (-c and/or -m) are required by mesos',
    )
  const fallback = (milli: number) => (config.requireResources ? 0 : milli)
  return new Map(
    [
      ['cpus', cpusMilli ?? fallback(config.defaultCpusMilli)] as const,
      ['mem', memoryMilli ?? fallback(config.defaultMemoryMiB * 1000)] as const,
      ['gpus', gpusMilli(host)] as const,
    ].filter(([, milli]) => milli > 0),
  )
}

/** `--cpus` before a quota before shares, which count whole CPUs as in Swarm. */
const statedCpusMilli = (host: HostConfig): number | undefined => {
  const nano = positive(host.NanoCpus)
  if (nano !== undefined) return counted('HostConfig.NanoCpus', nano / 1e6)
  const quota = positive(host.CpuQuota)
  if (quota !== undefined)
    return counted(
      'HostConfig.CpuQuota',
      (quota * 1000) / (positive(host.CpuPeriod) ?? defaultCpuPeriodMicros),
    )
  const shares = positive(host.CpuShares)
  return shares === undefined ? undefined : counted('HostConfig.CpuShares', shares * 1000)
}

const statedMemoryMilli = (host: HostConfig): number | undefined => {
  const bytes = positive(host.Memory) ?? positive(host.MemoryReservation)
  return bytes === undefined
    ? undefined
    : counted('HostConfig.Memory', (bytes / bytesPerMiB) * 1000)
}

const gpusMilli = (host: HostConfig): number =>
  (host.DeviceRequests ?? []).reduce((sum, request) => {
    const isGpu =
      request.Driver === 'nvidia' || (request.Capabilities ?? []).some((all) => all.includes('gpu'))
    if (!isGpu) return sum
    const ids = request.DeviceIDs ?? []
    const count = ids.length > 0 ? ids.length : (request.Count ?? 0)
    if (count < 0)
      throw new ApiError(
        'INVALID_PARAMETER',
        'HostConfig.DeviceRequests: all gpus of an unknown node cannot be counted; name a number, such as --gpus 1',
      )
    return sum + count * 1000
  }, 0)

/** Zero and below are Docker's "not stated"; what the engine makes of a negative value, it says itself. */
const positive = (value: number | null | undefined): number | undefined =>
  typeof value === 'number' && value > 0 ? value : undefined

/** Rounded up: never counted with less than was asked for. */
const counted = (field: string, milli: number): number => {
  const whole = Math.ceil(milli)
  if (!Number.isSafeInteger(whole))
    throw new ApiError('INVALID_PARAMETER', `${field}: no machine is this large`)
  return whole
}
