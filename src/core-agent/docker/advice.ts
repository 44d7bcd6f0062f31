import type { EngineDetails } from './engine.ts'

/** What an operator should know of this engine, each in a sentence with its remedy (core-agent §8, reliability §2). */
export const adviceFor = ({ liveRestore, runcVersion }: EngineDetails): readonly string[] => [
  ...(liveRestore
    ? []
    : ['live-restore is off: a restart of dockerd ends every container; set "live-restore": true']),
  ...(isBefore(runcVersion, [1, 1, 12])
    ? [
        `runc ${runcVersion} gives containers a way into the host (CVE-2024-21626): update to 1.1.12`,
      ]
    : []),
]

/** `1.1.5+ds1` is before 1.1.12; a text without a version is not. */
const isBefore = (version: string, wanted: readonly [number, number, number]): boolean => {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)
  if (match === null) return false
  const given = match.slice(1).map(Number)
  const at = wanted.findIndex((number, i) => number !== given[i])
  return at !== -1 && (given[at] ?? 0) < (wanted[at] ?? 0)
}
