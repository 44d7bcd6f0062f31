import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'

/** A name for what belongs to a folder and cannot be in it, such as sockets and cgroups; the same for the same folder. */
export const shortName = (folder: string): string =>
  `shoal-${createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 12)}`
