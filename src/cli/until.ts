import { setTimeout as sleep } from 'node:timers/promises'

const lookEveryMs = 25

/** Looks until `condition` holds; false when `deadlineMs` milliseconds, if given, have passed first. */
export const until = async (
  condition: () => boolean | Promise<boolean>,
  deadlineMs = Number.POSITIVE_INFINITY,
): Promise<boolean> => {
  const endMs = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > endMs) return false
    await sleep(lookEveryMs)
  }
  return true
}
