import type { Resource, Resources } from '../../resources/resources.ts'
import { formatValue } from '../../resources/values.ts'

/** As Mesos prints allocated resources: `cpus(allocated: role1){REV}:3.9`. */
export const formatAllocated = (resources: Resources, role: string): string =>
  resources
    .map((resource) => {
      const stack = formatStack(resource)
      const mark = resource.revocable ? '{REV}' : ''
      return `${resource.name}(allocated: ${role})${stack}${mark}:${formatValue(resource.value)}`
    })
    .join('; ')

const formatStack = ({ reservations }: Resource): string => {
  const entries = reservations.map(({ type, role, principal }) =>
    principal === undefined ? `(${type},${role})` : `(${type},${role},${principal})`,
  )
  return entries.length === 0 ? '' : `(reservations: [${entries.join(',')}])`
}
