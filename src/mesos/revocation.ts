import { DurationError, parseGoDuration } from '../runtime/durations.ts'

/**
 * Labels by which a container says what becomes of it when its lent resources are taken back. The frontend acts on
 * them after the revocation, the agent on the grace before it.
 */
export const revocationLabels = {
  policy: 'shoal.revocation',
  max: 'shoal.revocation.max',
  grace: 'shoal.revocation.grace',
} as const

/** With this begins the message of a task that was revoked, and the `State.Error` of its container. */
export const preempted = 'Container preempted by QoS correction'
export const isPreemption = (message: string): boolean => message.startsWith(preempted)

export const revocationPolicies = ['stop', 'requeue', 'promote'] as const

export interface Revocation {
  /**
   * `stop`: it stays down. `requeue`: it runs again when they are lent anew. `promote`: the same, and after `max`
   * revocations on regular resources.
   */
  readonly policy: (typeof revocationPolicies)[number]
  /** How often it runs again on lent resources; for `promote`, which revocation is the last one. */
  readonly max: number
  /** Between SIGTERM and SIGKILL where the lender wants its CPUs back; nobody waits for memory. */
  readonly graceMs: number
}

export const maxRevocations = 1000
/** core-agent §7.3: a lender waits no longer. */
export const maxGraceMs = 5000
const defaultMax = { stop: 0, requeue: 100, promote: 1 } as const

type Labels = Readonly<Record<string, unknown>>

/** What the labels say; one that is missing or wrong, as an image may bring it, counts as not given. */
export const readRevocation = (labels: Labels): Revocation => {
  const policy = policyOf(given(labels, 'policy')) ?? 'stop'
  return {
    policy,
    max: maxOf(given(labels, 'max')) ?? defaultMax[policy],
    graceMs: graceOf(given(labels, 'grace')) ?? 0,
  }
}

/** A sentence for each label that is wrong: its name, and what is allowed. */
export const revocationProblems = (labels: Labels): readonly string[] =>
  checks.flatMap(({ label, read, wanted }) => {
    const text = given(labels, label)
    if (text === undefined || read(text) !== undefined) return []
    return [
      `label ${revocationLabels[label]}: wanted ${wanted}, got ${JSON.stringify(text.slice(0, 64))}`,
    ]
  })

const given = (labels: Labels, label: keyof typeof revocationLabels): string | undefined => {
  const key = revocationLabels[label]
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  return typeof value === 'string' ? value : undefined
}

const policyOf = (text: string | undefined): Revocation['policy'] | undefined =>
  revocationPolicies.find((policy) => policy === text)

const maxOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^[1-9]\d{0,3}$/.test(text) && Number(text) <= maxRevocations
    ? Number(text)
    : undefined

const graceOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  try {
    const graceMs = parseGoDuration(text)
    return graceMs >= 0 && graceMs <= maxGraceMs ? graceMs : undefined
  } catch (error) {
    if (error instanceof DurationError) return undefined
    throw error
  }
}

const checks = [
  { label: 'policy', read: policyOf, wanted: 'stop, requeue or promote' },
  { label: 'max', read: maxOf, wanted: `a whole number from 1 to ${maxRevocations}` },
  { label: 'grace', read: graceOf, wanted: 'a duration from 0s to 5s such as 500ms' },
] as const
