import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** When each image was used last, over restarts: ids and wall-clock milliseconds. */
export interface ImageUses {
  /** Nothing where there is none, or it cannot be read. */
  read(): readonly (readonly [string, number])[]
  /** Throws where the disk refuses. */
  write(uses: readonly (readonly [string, number])[]): void
}

export const imageUsesFile = (path: string): ImageUses => ({
  read: () => {
    try {
      const given: unknown = JSON.parse(readFileSync(path, 'utf8'))
      return Object.entries(given as Record<string, unknown>).flatMap(([id, atMs]) =>
        typeof atMs === 'number' && Number.isFinite(atMs) ? [[id, atMs] as const] : [],
      )
    } catch {
      return []
    }
  },
  write: (uses) => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(uses)), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  },
})
