/**
 * What must outlive the process: records in order, and now and then a snapshot that replaces all before it.
 * A port: the file behind it is file-log.ts, the simulated one loses what was not yet durable.
 */
export interface AppendLog {
  /** The last snapshot and the records after it. A torn or damaged tail is cut off, never guessed at. */
  read(): Promise<{ readonly snapshot: unknown; readonly records: readonly unknown[] }>
  /** Resolves when the record is durable. Records become durable in the order of the calls. */
  append(record: unknown): Promise<void>
  /** Replaces everything appended before this call. */
  snapshot(state: unknown): Promise<void>
  close(): Promise<void>
}
