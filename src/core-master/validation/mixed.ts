import { format, meet, named, type Resources } from '../../resources/resources.ts'

/** Both kinds of one resource name in one task, executor, pair of them or group (core-master R21); `what` begins the text. */
export const mixedProblem = (what: string, resources: Resources): string | undefined => {
  const mixed = resources.find(
    ({ name, revocable }) => revocable && named(resources, name).some((other) => !other.revocable),
  )
  return mixed === undefined
    ? undefined
    : `${what} revocable and non-revocable resources: Cannot use both revocable and non-revocable '${mixed.name}' at the same time`
}

/** Two that name the same port, or the same element of a set, cannot both have it (core-master R22). */
export const meetProblem = (parts: readonly Resources[]): string | undefined => {
  for (const [at, one] of parts.entries()) {
    const other = parts.find((part, i) => i > at && meet(one, part))
    if (other !== undefined)
      return `There are intersecting resources: ${format(one)} and ${format(other)} name the same element`
  }
  return undefined
}
