import { keyOf, type RegistryChange } from './entries.ts'

/**
 * What outlives a master: one value by key. A port: file-registry.ts keeps it in a file, the one below as long as the
 * process runs.
 */
export interface Registry {
  /** All that was stored, in the order in which each key first was. */
  entries(): Iterable<readonly [string, unknown]>
  /**
   * Stores all changes, or none. Calls `done` once they last, with an error where they do not; in the order of the
   * calls, possibly before this returns.
   */
  store(changes: readonly RegistryChange[], done: (error?: Error) => void): void
  /** How long it took to read them. */
  readonly fetchMs: number
  /** Of the entries, as JSON. */
  readonly sizeBytes: number
  close(): Promise<void>
}

/** The entries, and how large they are. */
export class Entries {
  readonly #entries = new Map<string, { readonly value: unknown; readonly bytes: number }>()
  sizeBytes = 0

  get size(): number {
    return this.#entries.size
  }

  *all(): Generator<readonly [string, unknown]> {
    for (const [key, { value }] of this.#entries) yield [key, value]
  }

  set(key: string, value: unknown): void {
    this.sizeBytes -= this.#entries.get(key)?.bytes ?? 0
    if (value === undefined || value === null) {
      this.#entries.delete(key)
      return
    }
    const bytes = key.length + JSON.stringify(value).length
    this.sizeBytes += bytes
    this.#entries.set(key, { value, bytes })
  }
}

/** `--registry=in_memory`: a new master knows nothing of the last one. */
export const memoryRegistry = (): Registry => {
  const entries = new Entries()
  return {
    entries: () => entries.all(),
    store: (changes, done) => {
      for (const change of changes) entries.set(keyOf(change), change.value)
      done()
    },
    fetchMs: 0,
    get sizeBytes() {
      return entries.sizeBytes
    },
    close: async () => {},
  }
}
