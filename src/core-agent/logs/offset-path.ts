import { basename, dirname, join } from 'node:path'

/** Where it is kept how far a run's output is written: beside the sandbox, where no container can write. */
export const offsetPath = (sandbox: string): string =>
  join(dirname(sandbox), `.${basename(sandbox)}.offset`)
