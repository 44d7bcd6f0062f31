import {
  FileAccessError,
  type FileInfo,
  listFolder,
  type OpenFile,
  openFile,
  readAt,
} from './disk-files.ts'
import { locate, type Place, type Roots } from './locate.ts'
import type { ReadQuery } from './query.ts'

/** What both file APIs of Mesos refuse, with its status and in its words (files/files.cpp). */
export class FilesError extends Error {
  override readonly name = 'FilesError'
  readonly status: number
  constructor(status: number, message = '') {
    super(message)
    this.status = status
  }
}

/** Any failure of the functions below as status and text. */
export const filesFailure = (
  error: unknown,
): { readonly status: number; readonly message: string } => {
  if (error instanceof FilesError) return error
  const status = error instanceof FileAccessError ? 400 : 500
  return { status, message: `${error instanceof Error ? error.message : String(error)}.\n` }
}

/** The rows of a folder, none of a file. Rejects with FilesError 404 where there is nothing. */
export const browse = async (roots: Roots, path: string): Promise<readonly FileInfo[]> => {
  const rows = await listFolder(placeOf(roots, path), path)
  if (rows === undefined) throw new FilesError(404)
  return rows
}

/** A piece of a file, at most `maxReadBytes`, and how long the file is; with offset -1 the length alone. */
export const read = async (
  roots: Roots,
  path: string,
  { offset, length }: ReadQuery,
): Promise<{ readonly data: Buffer; readonly size: number }> => {
  const { handle, size } = await fileAt(placeOf(roots, path), 'read')
  try {
    const data = offset === -1 ? Buffer.alloc(0) : await readAt(handle, offset, length)
    return { data, size }
  } finally {
    await handle.close()
  }
}

/** Throws FilesError 404 where the path leads to nothing that is shown. */
export const placeOf = (roots: Roots, path: string): Place => {
  const place = path.includes('\0') ? undefined : locate(path, roots)
  if (place === undefined) throw new FilesError(404)
  return place
}

export const fileAt = async (place: Place, verb: 'read' | 'download'): Promise<OpenFile> => {
  const file = await openFile(place, verb)
  if (file === undefined) throw new FilesError(404)
  return file
}
