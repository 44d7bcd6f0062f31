import { rm, stat } from 'node:fs/promises'

interface Entry {
  readonly path: string
  readonly ready: Promise<void>
  bytes: number
  /** Fetches that copy from it now; it stays for them. */
  users: number
}

/** Fetched files for the next task of the same user (core-agent §3.6): the least recently used go first. */
export class FetchCache {
  readonly #limitBytes: number
  readonly #entries = new Map<string, Entry>()
  readonly #newPath: () => string

  constructor(options: { readonly limitBytes: number; readonly newPath: () => string }) {
    this.#limitBytes = options.limitBytes
    this.#newPath = options.newPath
  }

  /** Calls `use` with the cached file, which `download` makes where there is none; at one time once for a key. */
  async with(
    key: string,
    download: (path: string) => Promise<void>,
    use: (path: string) => Promise<void>,
  ): Promise<void> {
    const entry = this.#entries.get(key) ?? this.#begin(download)
    this.#entries.delete(key)
    this.#entries.set(key, entry) // The last one in the map is the one used last.
    entry.users += 1
    try {
      await entry.ready
      await use(entry.path)
    } catch (error) {
      if (entry.bytes === 0 && this.#entries.get(key) === entry) this.#entries.delete(key)
      throw error
    } finally {
      entry.users -= 1
      await this.#evict()
    }
  }

  /** What is kept now. */
  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  }

  #begin(download: (path: string) => Promise<void>): Entry {
    const path = this.#newPath()
    const ready = download(path).then(
      async () => {
        entry.bytes = (await stat(path)).size
      },
      async (error: unknown) => {
        await rm(path, { force: true })
        throw error
      },
    )
    const entry: Entry = { path, ready, bytes: 0, users: 0 }
    return entry
  }

  async #evict(): Promise<void> {
    for (const [key, { path, users }] of this.#entries) {
      if (this.bytes <= this.#limitBytes) return
      if (users > 0) continue
      this.#entries.delete(key)
      await rm(path, { force: true })
    }
  }
}
