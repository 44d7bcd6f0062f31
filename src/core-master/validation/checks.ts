import type { CheckInfo, CommandInfo, HealthCheck, TaskInfo } from '../../mesos/wire.ts'
import { commandProblem } from './container.ts'

/** What is wrong with a task's check or health check, in Mesos' words (common/validation.cpp). */
export const checkProblem = (task: TaskInfo): string | undefined => {
  const check = task.check && problemOf(task.check, task.check.command?.command, 'check')
  if (check !== undefined) return `Task uses invalid check: ${check}`
  const health =
    task.health_check && problemOf(task.health_check, task.health_check.command, 'health check')
  return health === undefined ? undefined : `Task uses invalid health check: ${health}`
}

const delays = [
  'delay_seconds',
  'grace_period_seconds',
  'interval_seconds',
  'timeout_seconds',
] as const

const problemOf = (
  check: CheckInfo | HealthCheck,
  command: CommandInfo | undefined,
  noun: 'check' | 'health check',
): string | undefined => {
  const { type } = check
  if (type === undefined)
    return `${noun === 'check' ? 'CheckInfo' : 'HealthCheck'} must specify 'type'`
  if (type === 'UNKNOWN') return `'UNKNOWN' is not a valid ${noun} type`
  const field = ({ COMMAND: 'command', HTTP: 'http', TCP: 'tcp' } as const)[type]
  if (check[field] === undefined) return `Expecting '${field}' to be set for ${type} ${noun}`
  return (
    (type === 'COMMAND' ? checkedCommandProblem(command, noun) : undefined) ??
    (type === 'HTTP' ? httpProblem(check.http, noun) : undefined) ??
    delayProblem(check)
  )
}

const checkedCommandProblem = (
  command: CommandInfo | undefined,
  noun: string,
): string | undefined => {
  const title = noun === 'check' ? 'Command check' : 'Command health check'
  if (command?.value === undefined) {
    const wanted = (command?.shell ?? true) ? "'shell command'" : "'executable path'"
    return `${title} must contain ${wanted}`
  }
  const problem = commandProblem(command)
  const owner = noun === 'check' ? 'Check' : 'Health check'
  return problem && `${owner}'s \`CommandInfo\` is invalid: ${problem}`
}

const httpProblem = (
  http: { readonly scheme?: string | undefined; readonly path?: string | undefined } | undefined,
  noun: string,
): string | undefined => {
  const { scheme, path } = http ?? {}
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    return `Unsupported HTTP ${noun} scheme: '${scheme}'`
  return path !== undefined && !path.startsWith('/')
    ? `The path '${path}' of HTTP ${noun} must start with '/'`
    : undefined
}

const delayProblem = (check: CheckInfo | HealthCheck) => {
  const values: Readonly<Partial<Record<(typeof delays)[number], number | undefined>>> = check
  const negative = delays.find((field) => (values[field] ?? 0) < 0)
  return negative && `Expecting '${negative}' to be non-negative`
}
