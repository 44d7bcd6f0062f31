import type { AgentInfo, DrainConfig, MaintenanceWindow, MasterInfo } from '../../mesos/wire.ts'
import type { Quota } from '../allocator/snapshot.ts'
import type { Standing } from '../state.ts'

/** What a restart of the master leaves as it was, by kind (core-master §6.7). JSON values. */
export interface Stored {
  /** Admitted, and neither unreachable nor gone. */
  readonly agent: { readonly info: AgentInfo; readonly standing: StoredStanding }
  readonly unreachable: Stored['agent'] & { readonly sinceMs: number }
  readonly gone: { readonly sinceMs: number }
  /** Thousandths by name. */
  readonly quota: Readonly<Record<'guarantees' | 'limits', Readonly<Record<string, number>>>>
  readonly weight: number
  readonly maintenance: {
    readonly windows: readonly MaintenanceWindow[]
    /** Keys of machines. */
    readonly down: readonly string[]
  }
  /** Who led last. */
  readonly master: MasterInfo
}

export type StoredKind = keyof Stored

interface StoredStanding {
  readonly deactivated: boolean
  readonly drain?: { readonly config: DrainConfig; readonly sinceMs: number }
}

/** One change: `value` undefined removes the entry. */
export type RegistryChange = {
  readonly [Kind in StoredKind]: {
    readonly kind: Kind
    /** An agent's id, a role. */
    readonly name: string
    readonly value: Stored[Kind] | undefined
  }
}[StoredKind]

/** Kinds hold no slash. */
export const keyOf = ({ kind, name }: Pick<RegistryChange, 'kind' | 'name'>): string =>
  `${kind}/${name}`

/** The change of a key and its value, as they were stored. */
export const changeOf = ([key, value]: readonly [string, unknown]): RegistryChange => {
  const slash = key.indexOf('/')
  // What was stored under a kind is of that kind: the log is ours, and its lines have checksums.
  return { kind: key.slice(0, slash), name: key.slice(slash + 1), value } as RegistryChange
}

type Known = { readonly info: AgentInfo; readonly standing: Standing }

export const storedAgent = ({ info, standing }: Known): Stored['agent'] => ({
  info,
  standing: {
    deactivated: standing.deactivated,
    ...(standing.drain === undefined ? {} : { drain: standing.drain }),
  },
})

export const storedUnreachable = (
  known: Known & { readonly sinceMs: number },
): Stored['unreachable'] => ({ ...storedAgent(known), sinceMs: known.sinceMs })

export const storedQuota = ({ guarantees, limits }: Quota): Stored['quota'] => ({
  guarantees: Object.fromEntries(guarantees),
  limits: Object.fromEntries(limits),
})
