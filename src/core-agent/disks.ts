import { mkdirSync, readFileSync } from 'node:fs'
import type { Resources } from '../resources/resources.ts'

/**
 * Sees to the disks that `--resources` names (core-agent §1.2): the folder of a PATH is made, a MOUNT must be mounted.
 * Throws an Error that names the root and the remedy.
 */
export const prepareDisks = (
  all: Resources,
  readMounts = () => readFileSync('/proc/self/mountinfo', 'utf8'),
): void => {
  for (const { disk } of all) {
    if (disk?.type === 'PATH') mkdirSync(disk.root, { recursive: true })
    if (disk?.type === 'MOUNT' && !mountPoints(readMounts()).has(disk.root.replace(/(.)\/$/, '$1')))
      throw new Error(
        `--resources: the disk ${disk.root} is of type MOUNT and nothing is mounted there: mount it, or make it a PATH`,
      )
  }
}

/** The fifth field of each line; blanks and the like are written in octal (proc(5)). */
const mountPoints = (mountinfo: string): ReadonlySet<string> =>
  new Set(
    mountinfo
      .split('\n')
      .map((line) =>
        (line.split(' ')[4] ?? '').replaceAll(/\\(\d{3})/g, (_all, octal: string) =>
          String.fromCharCode(Number.parseInt(octal, 8)),
        ),
      ),
  )
