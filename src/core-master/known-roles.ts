import { reservationRole } from '../resources/resources.ts'
import type { MasterState } from './state.ts'

/**
 * Every role that exists, sorted: what a framework, a reservation, a weight or a quota names, and the roles above it
 * (core-master L10).
 */
export const knownRoles = (state: MasterState): readonly string[] => {
  const roles = new Set<string>()
  const keep = (role: string): void => {
    for (let path = role; path !== '' && !roles.has(path); path = parentOf(path)) roles.add(path)
  }
  for (const { roles: subscribed, held } of state.frameworks.values())
    for (const role of [...subscribed, ...held.keys()]) keep(role)
  for (const role of [...state.weights.keys(), ...state.quotas.keys()]) keep(role)
  for (const { total } of state.agents.values())
    for (const resource of total)
      if (resource.reservations.length > 0) keep(reservationRole(resource))
  return [...roles].sort()
}

const parentOf = (role: string): string => role.slice(0, Math.max(0, role.lastIndexOf('/')))
