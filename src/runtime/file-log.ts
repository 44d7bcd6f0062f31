import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { AppendLog } from './append-log.ts'
import { lockFolder } from './folder-lock.ts'
import { decodeLog, encodeLine, type LogContent, type LogHeader, logVersion } from './log-lines.ts'
import type { Logger } from './logger.ts'

/** Records and snapshots that may wait for the disk; the next is refused. */
export const maxWaiting = 10_000

/**
 * The log of a folder: one file, `log`, that begins with the last snapshot (core-agent §8). Records that are appended
 * in one turn, or while the disk is busy, share one write and one fdatasync. Throws FolderInUseError, LogFormatError.
 */
export const openFileLog = async (
  folder: string,
  options: { readonly logger: Logger },
): Promise<AppendLog> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const unlock = await lockFolder(folder)
  const path = join(folder, 'log')
  try {
    const log = new FileLog(path, await openFile(path), unlock)
    try {
      await log.cutTail(options.logger)
      return log
    } catch (error) {
      await log.closeFile()
      throw error
    }
  } catch (error) {
    await unlock()
    throw error
  }
}

interface Waiting {
  readonly kind: 'record' | 'snapshot'
  readonly line: string
  readonly done: () => void
  readonly fail: (error: unknown) => void
}

class FileLog implements AppendLog {
  readonly #path: string
  readonly #unlock: () => Promise<void>
  #file: FileHandle
  /** Everything before this offset is on the disk, and is whole. */
  #durableBytes = 0
  /** A write failed: what stands behind `#durableBytes` is of no use and is cut before the next. */
  #dirty = false
  /** The file has taken the place of another, but the folder may not know it yet. */
  #renamed = false
  #closed = false
  #waiting: Waiting[] = []
  #writer: Promise<void> | undefined

  constructor(path: string, file: FileHandle, unlock: () => Promise<void>) {
    this.#path = path
    this.#file = file
    this.#unlock = unlock
  }

  async read(): Promise<Pick<LogContent, 'snapshot' | 'records'>> {
    await this.#writer
    const { snapshot, records } = decodeLog(await readFile(this.#path), this.#path)
    return { snapshot, records }
  }

  async cutTail(logger: Logger): Promise<void> {
    const bytes = await readFile(this.#path)
    const { goodBytes } = decodeLog(bytes, this.#path)
    this.#durableBytes = goodBytes
    if (goodBytes === bytes.length) return
    const fields = { path: this.#path, goodBytes, cutBytes: bytes.length - goodBytes }
    logger.warn(
      fields,
      'the log ended in a torn or damaged record, as after a crash; it was cut off',
    )
    await this.#file.truncate(goodBytes)
    await this.#file.datasync()
  }

  append(record: unknown): Promise<void> {
    return this.#enqueue('record', encodeLine(record))
  }

  snapshot(state: unknown): Promise<void> {
    const header: LogHeader = { log: 'shoal', version: logVersion, snapshot: state }
    return this.#enqueue('snapshot', encodeLine(header))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#writer
    await this.closeFile()
    await this.#unlock()
  }

  closeFile(): Promise<void> {
    return this.#file.close()
  }

  #enqueue(kind: Waiting['kind'], line: string): Promise<void> {
    if (this.#closed) return Promise.reject(new Error(`${this.#path} is closed`))
    if (this.#waiting.length >= maxWaiting)
      return Promise.reject(new Error(`${this.#path}: ${maxWaiting} records wait for the disk`))
    return new Promise((done, fail) => {
      this.#waiting.push({ kind, line, done, fail })
      // From a microtask, so that what is appended in the same turn goes along.
      this.#writer ??= Promise.resolve().then(() => this.#drain())
    })
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch()
      try {
        await this.#perform(batch)
        for (const { done } of batch) done()
      } catch (error) {
        for (const { fail } of batch) fail(error)
      }
    }
    this.#writer = undefined
  }

  /** All records up to the next snapshot, or that snapshot alone. */
  #takeBatch(): Waiting[] {
    const snapshotAt = this.#waiting.findIndex(({ kind }) => kind === 'snapshot')
    const count = snapshotAt === -1 ? this.#waiting.length : Math.max(1, snapshotAt)
    return this.#waiting.splice(0, count)
  }

  async #perform(batch: readonly Waiting[]): Promise<void> {
    const bytes = Buffer.from(batch.map(({ line }) => line).join(''))
    if (batch[0]?.kind === 'snapshot') return this.#replace(bytes)
    if (this.#renamed) await this.#settleName()
    if (this.#dirty) await this.#file.truncate(this.#durableBytes)
    this.#dirty = true
    await writeAt(this.#file, bytes, this.#durableBytes)
    await this.#file.datasync()
    this.#dirty = false
    this.#durableBytes += bytes.length
  }

  /** A new file in place of the old one: at every moment there is one, and it is whole. */
  async #replace(bytes: Buffer): Promise<void> {
    const replaced = this.#file
    this.#file = await createFile(this.#path, bytes)
    this.#renamed = true
    this.#durableBytes = bytes.length
    this.#dirty = false
    await replaced.close()
    await this.#settleName()
  }

  /** A rename lasts once the folder is on the disk; until then no record in the new file counts as durable. */
  async #settleName(): Promise<void> {
    await syncFolder(dirname(this.#path))
    this.#renamed = false
  }
}

const openFile = async (path: string): Promise<FileHandle> => {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    const header: LogHeader = { log: 'shoal', version: logVersion }
    const file = await createFile(path, Buffer.from(encodeLine(header)))
    await syncFolder(dirname(path))
    return file
  }
}

/** Writes beside, then renames: whoever opens `path` finds the old file or the new one, whole. */
const createFile = async (path: string, bytes: Buffer): Promise<FileHandle> => {
  const draft = `${path}.new`
  const file = await open(draft, 'w+', 0o600)
  try {
    await writeAt(file, bytes, 0)
    await file.sync()
    await rename(draft, path)
    return file
  } catch (error) {
    await file.close()
    await rm(draft, { force: true }) // On a full disk it would hold the room that is missing.
    throw error
  }
}

const writeAt = async (file: FileHandle, bytes: Buffer, position: number): Promise<void> => {
  for (let written = 0; written < bytes.length; ) {
    const rest = bytes.length - written
    written += (await file.write(bytes, written, rest, position + written)).bytesWritten
  }
}

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
