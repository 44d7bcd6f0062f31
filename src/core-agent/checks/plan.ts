import type { CommandInfo, NetworkInfoProtocol, TaskInfo } from '../../mesos/wire.ts'

/** `health`: whether the task may go on. `check`: what its framework wants to know, and nothing more. */
export type CheckKind = 'health' | 'check'

/** What is looked at, and how often; defaults of mesos.proto. */
export interface CheckPlan {
  readonly kind: CheckKind
  readonly probe: Probe
  /** From the start of the task to the first look. */
  readonly delayMs: number
  /** From the end of a look to the next. */
  readonly intervalMs: number
  /** Of one look; Infinity: as long as it takes. */
  readonly timeoutMs: number
  /** From the start of the task: until then failures do not count, unless it was healthy before. */
  readonly graceMs: number
  /** So many in a row end the task; Infinity: none do. */
  readonly maxFailures: number
}

export type Probe =
  | { readonly type: 'COMMAND'; readonly command: CommandInfo }
  | {
      readonly type: 'HTTP'
      readonly scheme: 'http' | 'https'
      readonly port: number
      readonly path: string
      readonly protocol: NetworkInfoProtocol
    }
  | { readonly type: 'TCP'; readonly port: number; readonly protocol: NetworkInfoProtocol }

/** What an interval of 0 comes to: looks are not to be all that the agent does. */
export const leastIntervalMs = 10

/** The looks that a task asks for; the master has validated them. Pure. */
export const plansOf = ({ check, health_check: health }: TaskInfo): readonly CheckPlan[] => [
  ...planned('health', health, health?.command, {
    graceMs: 1000 * (health?.grace_period_seconds ?? 10),
    maxFailures: health?.consecutive_failures ?? 3,
  }),
  ...planned('check', check, check?.command?.command, { graceMs: 0, maxFailures: Infinity }),
]

export const planOf = (info: TaskInfo, kind: CheckKind): CheckPlan | undefined =>
  plansOf(info).find((plan) => plan.kind === kind)

/** Known before the launch: a look by network at what has no network. */
export const unreachableProblem = (info: TaskInfo): string | undefined => {
  if (info.container?.docker?.network !== 'NONE') return undefined
  const plan = plansOf(info).find(({ probe }) => probe.type !== 'COMMAND')
  if (plan === undefined) return undefined
  const field = plan.kind === 'health' ? 'health_check' : 'check'
  return `TaskInfo.${field}: a container with network NONE cannot be reached by ${plan.probe.type}, check by COMMAND or give it a network`
}

type Asked = NonNullable<TaskInfo['check'] | TaskInfo['health_check']>

const planned = (
  kind: CheckKind,
  asked: Asked | undefined,
  command: CommandInfo | undefined,
  patience: Pick<CheckPlan, 'graceMs' | 'maxFailures'>,
): readonly CheckPlan[] => {
  const probe = asked && probeOf(asked, command)
  if (asked === undefined || probe === undefined) return []
  const { delay_seconds = 15, interval_seconds = 10, timeout_seconds = 20 } = asked
  return [
    {
      kind,
      probe,
      delayMs: 1000 * delay_seconds,
      intervalMs: Math.max(leastIntervalMs, 1000 * interval_seconds),
      timeoutMs: timeout_seconds === 0 ? Infinity : 1000 * timeout_seconds,
      ...patience,
    },
  ]
}

const probeOf = (asked: Asked, command: CommandInfo | undefined): Probe | undefined => {
  const { type, http, tcp } = asked
  if (type === 'COMMAND' && command !== undefined) return { type, command }
  if (type === 'TCP' && tcp !== undefined)
    return { type, port: tcp.port, protocol: protocolOf(tcp) }
  if (type !== 'HTTP' || http === undefined) return undefined
  const scheme = 'scheme' in http && http.scheme === 'https' ? 'https' : 'http'
  return { type, scheme, port: http.port, path: http.path ?? '/', protocol: protocolOf(http) }
}

const protocolOf = (target: object): NetworkInfoProtocol =>
  'protocol' in target && target.protocol === 'IPv6' ? 'IPv6' : 'IPv4'
