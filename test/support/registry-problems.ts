import {
  keyOf,
  type RegistryChange,
  storedAgent,
  storedQuota,
  storedUnreachable,
} from '../../src/core-master/registry/entries.ts'
import type { Registry } from '../../src/core-master/registry/registry.ts'
import type { MasterState } from '../../src/core-master/state.ts'

/** Whether a registry holds what its master knows, no more and no less (reliability I11); weights of flags aside. */
export const registryProblems = (state: MasterState, registry: Registry): readonly string[] => {
  const stored = new Map<string, string>()
  for (const [key, value] of registry.entries())
    if (!/^(?:master|weight)\//.test(key)) stored.set(key, JSON.stringify(value))
  const known = new Map(storedIn(state).map((one) => [keyOf(one), JSON.stringify(one.value)]))
  return [...new Set([...stored.keys(), ...known.keys()])]
    .filter((key) => stored.get(key) !== known.get(key))
    .map((key) => `registry: ${key} is ${stored.get(key)}, known is ${known.get(key)}`)
}

const storedIn = (state: MasterState): readonly RegistryChange[] => [
  ...[...state.agents.values(), ...state.recoveredAgents.values()].map(
    (agent) => ({ kind: 'agent', name: agent.id, value: storedAgent(agent) }) as const,
  ),
  ...[...state.unreachableAgents].map(
    ([name, one]) => ({ kind: 'unreachable', name, value: storedUnreachable(one) }) as const,
  ),
  ...[...state.goneAgents].map(
    ([name, sinceMs]) => ({ kind: 'gone', name, value: { sinceMs } }) as const,
  ),
  ...(state.maintenance.windows.length === 0
    ? []
    : [
        {
          kind: 'maintenance' as const,
          name: 'schedule',
          value: { ...state.maintenance, down: [...state.maintenance.down] },
        },
      ]),
  ...[...state.quotas].map(
    ([name, quota]) => ({ kind: 'quota', name, value: storedQuota(quota) }) as const,
  ),
]
