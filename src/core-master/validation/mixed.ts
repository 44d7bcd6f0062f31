import { named, type Resources } from '../../resources/resources.ts'

/** Both kinds of one resource name in one task, executor, pair of them or group (core-master R21); `what` begins the text. */
export const mixedProblem = (what: string, resources: Resources): string | undefined => {
  const mixed = resources.find(
    ({ name, revocable }) => revocable && named(resources, name).some((other) => !other.revocable),
  )
  return mixed === undefined
    ? undefined
    : `${what} revocable and non-revocable resources: Cannot use both revocable and non-revocable '${mixed.name}' at the same time`
}
