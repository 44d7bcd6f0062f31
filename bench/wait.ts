import { setTimeout as sleep } from 'node:timers/promises'

const lookEveryMs = 25

/** Looks until `holds`; after `deadlineMs` it throws an error that says what was waited for. */
export const waitFor = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadlineMs: number,
): Promise<void> => {
  const endMs = performance.now() + deadlineMs
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs / 1000} s for ${what}`)
    await sleep(lookEveryMs)
  }
}
