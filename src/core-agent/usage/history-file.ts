import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** What an estimator has learned, and when it was written down; wall clock. */
export interface SavedHistory {
  readonly takenAtMs: number
  readonly history: unknown
}

/** Where that is kept over restarts. What is lost costs a warm-up, so nothing waits for the disk. */
export interface HistoryFile {
  /** Undefined: there is none, or it cannot be read. */
  read(): SavedHistory | undefined
  /** Throws where the disk refuses. */
  write(saved: SavedHistory): void
}

/** A few kilobytes of JSON; whoever reads never sees half of them. */
export const historyFile = (path: string): HistoryFile => ({
  read: () => {
    try {
      const { takenAtMs, history } = JSON.parse(readFileSync(path, 'utf8')) as SavedHistory
      return Number.isFinite(takenAtMs) ? { takenAtMs, history } : undefined
    } catch {
      return undefined
    }
  },
  write: (saved) => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.new`, JSON.stringify(saved), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  },
})
