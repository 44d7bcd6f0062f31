import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, opendir, readFile, realpath } from 'node:fs/promises'
import type { Place } from './locate.ts'

/** One row of a listing. */
export interface FileInfo {
  readonly path: string
  /** As stat(2) has it, the type of the file included. */
  readonly mode: number
  readonly nlink: number
  /** Names where the machine has one, else numbers. */
  readonly uid: string
  readonly gid: string
  /** Bytes. */
  readonly size: number
  /** Seconds since 1970. */
  readonly mtime: number
}

/** The caller closes the handle. */
export interface OpenFile {
  readonly handle: FileHandle
  readonly size: number
}

/** The path leads out of its sandbox, or to something that cannot be read as a file. */
export class FileAccessError extends Error {
  override readonly name = 'FileAccessError'
}

/** A folder with more shows its first ones. */
const maxListed = 10_000

/**
 * What a folder holds, sorted; a file holds nothing. Links are shown and not followed: what they lead to may be the
 * machine's. Undefined: there is nothing at this place.
 */
export const listFolder = async (
  place: Place,
  shownPath: string,
  maxRows = maxListed,
): Promise<readonly FileInfo[] | undefined> => {
  const handle = await openInside(place)
  if (handle === undefined) return undefined
  try {
    if (!(await handle.stat()).isDirectory()) return []
    const folder = `/proc/self/fd/${handle.fd}`
    const [users, groups] = await Promise.all(['/etc/passwd', '/etc/group'].map(readNames))
    const rows: FileInfo[] = []
    for await (const { name } of await opendir(folder)) {
      if (rows.length >= maxRows) break
      const stats = await lstat(`${folder}/${name}`).catch(() => undefined)
      if (stats === undefined) continue // It went meanwhile.
      const path = `${shownPath.replace(/\/$/, '')}/${name}`
      rows.push(infoOf(path, stats, users, groups))
    }
    return rows.sort((a, b) => (a.path < b.path ? -1 : 1))
  } finally {
    await handle.close()
  }
}

/**
 * A regular file, open for reading; the caller closes it. Undefined: there is none. Throws FileAccessError for folders,
 * with `verb` in Mesos' sentence.
 */
export const openFile = async (
  place: Place,
  verb: 'read' | 'download',
): Promise<OpenFile | undefined> => {
  const handle = await openInside(place)
  if (handle === undefined) return undefined
  try {
    const stats = await handle.stat()
    if (stats.isFile()) return { handle, size: stats.size }
    const what = stats.isDirectory() ? 'directory' : 'device, pipe or socket'
    throw new FileAccessError(`Cannot ${verb} a ${what}`)
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Up to `length` bytes from `offset` on; fewer where the file ends. */
export const readAt = async (
  handle: FileHandle,
  offset: number,
  length: number,
): Promise<Buffer> => {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await handle.read(buffer, 0, length, offset)
  return buffer.subarray(0, bytesRead)
}

/**
 * Links within the sandbox are followed once, by name; then the way is gone step by step from the sandbox's own folder,
 * following none: a link that is put in the way meanwhile opens nothing (CVE-2018-15664). A pipe does not block.
 */
const openInside = async ({ run, rest }: Place): Promise<FileHandle | undefined> => {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants
  try {
    const root = await realpath(run)
    const path = await realpath(rest === '' ? run : `${run}/${rest}`)
    if (path !== root && !path.startsWith(`${root}/`))
      throw new FileAccessError(`'${run}/${rest}' is inaccessible`)
    const steps = path
      .slice(root.length)
      .split('/')
      .filter((step) => step !== '')
    let at = await open(root, O_RDONLY | O_NOFOLLOW | O_DIRECTORY)
    for (const [index, step] of steps.entries()) {
      const folder = index < steps.length - 1 ? O_DIRECTORY : O_NONBLOCK
      const from = at
      try {
        at = await open(`/proc/self/fd/${from.fd}/${step}`, O_RDONLY | O_NOFOLLOW | folder)
      } finally {
        await from.close()
      }
    }
    return at
  } catch (error) {
    if (error instanceof FileAccessError) throw error
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    throw new FileAccessError(error instanceof Error ? error.message : String(error))
  }
}

const infoOf = (
  path: string,
  stats: Stats,
  users: ReadonlyMap<number, string> | undefined,
  groups: ReadonlyMap<number, string> | undefined,
): FileInfo => ({
  path,
  mode: stats.mode,
  nlink: stats.nlink,
  uid: users?.get(stats.uid) ?? String(stats.uid),
  gid: groups?.get(stats.gid) ?? String(stats.gid),
  size: stats.size,
  mtime: Math.floor(stats.mtimeMs / 1000),
})

const readNames = async (path: string): Promise<ReadonlyMap<number, string>> => {
  const text = await readFile(path, 'utf8').catch(() => '')
  return new Map(
    text.split('\n').flatMap((line) => {
      const [name, , number] = line.split(':')
      return name && number ? [[Number(number), name] as const] : []
    }),
  )
}
