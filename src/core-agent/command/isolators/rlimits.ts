import type { Isolator } from './isolator.ts'

/** The limits that the task itself asks for (RLimitInfo). */
export const rlimitsIsolator = (): Isolator => ({
  name: 'posix/rlimits',
  prepare: () => {},
  update: () => {},
  isolate: ({ rlimits }) => ({ rlimits }),
  usage: () => ({}),
  limitation: () => undefined,
  cleanup: () => true,
})
