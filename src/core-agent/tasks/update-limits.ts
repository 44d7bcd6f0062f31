import { type Resources, scalarOf } from '../../resources/resources.ts'
import { formatMilli, milli } from '../../resources/scalar.ts'

/**
 * Why `docker update` cannot be: a Mesos task cannot grow, so what is accounted stays within what the task holds
 * (docker-frontend §2.2). Undefined: it can. Without a task nothing is held, and nothing accounted can be set.
 */
export const updateProblem = (
  container: string,
  held: Resources | undefined,
  body: Readonly<Record<string, unknown>>,
): string | undefined => {
  for (const { name, unit, wanted } of [
    { name: 'mem', unit: ' MiB', wanted: number(body['Memory']) / 1024 ** 2 },
    { name: 'cpus', unit: '', wanted: cpusOf(body) },
  ]) {
    if (!(wanted > 0)) continue
    const heldMilli = held === undefined ? 0 : scalarOf(held, name)
    if (milli(wanted) > heldMilli)
      return `Container ${container} holds ${name} ${formatMilli(heldMilli)}${unit}, and ${formatMilli(milli(wanted))}${unit} is wanted: a task cannot grow, create a larger container instead`
  }
  return undefined
}

/** CPUs by the rule of create: NanoCpus, else quota over period, else shares counted as CPUs (§6.2). */
const cpusOf = (body: Readonly<Record<string, unknown>>): number => {
  const nano = number(body['NanoCpus'])
  if (nano > 0) return nano / 1e9
  const quota = number(body['CpuQuota'])
  if (quota > 0) return quota / (number(body['CpuPeriod']) || defaultPeriod)
  return number(body['CpuShares'])
}

const defaultPeriod = 100_000

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
