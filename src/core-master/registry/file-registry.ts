import type { AppendLog } from '../../runtime/append-log.ts'
import type { Clock } from '../../runtime/clock.ts'
import { keyOf, type RegistryChange } from './entries.ts'
import { Entries, type Registry } from './registry.ts'

/** A record: keys and their values, null where an entry is removed. */
type Pairs = readonly (readonly [string, unknown])[]

/** Changes that may stand behind the last snapshot besides one for each entry; beyond it the log is written anew. */
const maxSpareChanges = 1_000

/**
 * A registry in an append-only log: one record for the changes of one message, and now and then a snapshot, so that
 * the log is never much longer than what it says. Messages that are handled while the disk is busy share one write.
 */
export const openFileRegistry = async (log: AppendLog, clock: Clock): Promise<Registry> => {
  const beganMs = clock.monotonicMs()
  const content = await log.read()
  return registryIn(log, content, clock.monotonicMs() - beganMs)
}

/** The same where the content is known already. */
export const registryIn = (
  log: AppendLog,
  { snapshot, records }: Awaited<ReturnType<AppendLog['read']>>,
  fetchMs = 0,
): Registry => {
  const entries = new Entries()
  for (const pairs of [snapshot ?? [], ...records] as readonly Pairs[])
    for (const [key, value] of pairs) entries.set(key, value)
  return new FileRegistry(log, entries, records.length, fetchMs)
}

class FileRegistry implements Registry {
  readonly #log: AppendLog
  readonly #entries: Entries
  #changesBehindSnapshot: number
  readonly fetchMs: number

  constructor(log: AppendLog, entries: Entries, changesBehindSnapshot: number, fetchMs: number) {
    this.fetchMs = fetchMs
    this.#log = log
    this.#entries = entries
    this.#changesBehindSnapshot = changesBehindSnapshot
  }

  entries(): Iterable<readonly [string, unknown]> {
    return this.#entries.all()
  }

  store(changes: readonly RegistryChange[], done: (error?: Error) => void): void {
    const pairs: Pairs = changes.map((change) => [keyOf(change), change.value ?? null])
    for (const [key, value] of pairs) this.#entries.set(key, value)
    this.#changesBehindSnapshot += pairs.length
    this.#write(pairs).then(
      () => done(),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
    )
  }

  get sizeBytes(): number {
    return this.#entries.sizeBytes
  }

  close(): Promise<void> {
    return this.#log.close()
  }

  /** The snapshot holds the change that it stands for. */
  #write(pairs: Pairs): Promise<void> {
    if (this.#changesBehindSnapshot <= this.#entries.size + maxSpareChanges)
      return this.#log.append(pairs)
    this.#changesBehindSnapshot = 0
    return this.#log.snapshot([...this.#entries.all()])
  }
}
