import {
  resources as normal,
  ofKind,
  type Resource,
  type Resources,
  reservationRole,
} from '../../../resources/resources.ts'
import { units } from '../../../resources/scalar.ts'
import { formatValue } from '../../../resources/values.ts'

/** One object of amounts as Mesos' views show resources: scalars in units, the rest as text (core-master §8.2). */
export type ResourcesView = Readonly<Record<string, number | string>>

/** cpus, gpus, mem and disk are always there; revocable amounts stand apart as `cpus_revocable`. */
export const resourcesView = (resources: Resources): ResourcesView => {
  const view: Record<string, number | string> = { disk: 0, mem: 0, gpus: 0, cpus: 0 }
  for (const [kind, suffix] of [
    ['regular', ''],
    ['revocable', '_revocable'],
  ] as const)
    for (const { name, value } of unreservedSum(ofKind(resources, kind)))
      view[`${name}${suffix}`] = value.type === 'SCALAR' ? units(value.milli) : formatValue(value)
  return view
}

/** By role, what is reserved for it. */
export const reservedView = (resources: Resources): Readonly<Record<string, ResourcesView>> => {
  const roles = new Set(resources.map(reservationRole))
  roles.delete('*')
  return Object.fromEntries(
    [...roles].map((role) => [
      role,
      resourcesView(resources.filter((resource) => reservationRole(resource) === role)),
    ]),
  )
}

export const unreserved = (resources: Resources): Resources =>
  resources.filter((resource) => resource.reservations.length === 0)

/** All reservations of a name in one amount. */
const unreservedSum = (resources: Resources): Resources =>
  normal(resources.map((resource): Resource => ({ ...resource, reservations: [] })))
