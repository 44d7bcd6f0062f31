import { constants } from 'node:fs'
import { type FileHandle, open, rename } from 'node:fs/promises'

/** How large a file of a sandbox grows, and how many there are of it, the one being written included. */
export interface Rotation {
  readonly maxBytes: number
  readonly files: number
}

/** A file that only the agent appends to; a link put in its place is not followed. */
export class RotatedFile {
  readonly #path: string
  readonly #rotation: Rotation
  #handle: FileHandle
  #bytes: number

  private constructor(path: string, rotation: Rotation, handle: FileHandle, bytes: number) {
    this.#path = path
    this.#rotation = rotation
    this.#handle = handle
    this.#bytes = bytes
  }

  /** Opens it for appending; what lies behind `keepBytes` is cut off. */
  static async open(path: string, rotation: Rotation, keepBytes: number): Promise<RotatedFile> {
    const handle = await openToAppend(path)
    try {
      const { size } = await handle.stat()
      if (size > keepBytes) await handle.truncate(keepBytes)
      return new RotatedFile(path, rotation, handle, Math.min(size, keepBytes))
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  get bytes(): number {
    return this.#bytes
  }

  async append(data: Buffer): Promise<void> {
    if (this.#bytes > 0 && this.#bytes + data.length > this.#rotation.maxBytes) await this.#rotate()
    await this.#handle.appendFile(data)
    this.#bytes += data.length
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  async #rotate(): Promise<void> {
    const { uid, gid } = await this.#handle.stat()
    await this.#handle.close()
    for (let n = this.#rotation.files - 1; n >= 1; n -= 1) {
      const from = n === 1 ? this.#path : `${this.#path}.${n - 1}`
      await rename(from, `${this.#path}.${n}`).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
      })
    }
    this.#handle = await openToAppend(this.#path)
    await this.#handle.truncate(0)
    await this.#handle.chown(uid, gid)
    this.#bytes = 0
  }
}

const openToAppend = async (path: string): Promise<FileHandle> => {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
  const handle = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644)
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new Error(`${path} is no regular file`)
}
