import { link, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Another process uses the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError'
}

/**
 * Claims `folder` for this process by a file `lock` in it, until the result is called. The claim of a process that is
 * gone is void. Throws FolderInUseError.
 */
export const lockFolder = async (folder: string): Promise<() => Promise<void>> => {
  const path = join(folder, 'lock')
  if (!(await claim(path))) {
    await removeIfVoid(path, folder)
    if (!(await claim(path))) throw inUse(folder, path, 'another process that starts just now')
  }
  return () => unlink(path)
}

/** By a link, so that nobody finds the file before its text is in it. */
const claim = async (path: string): Promise<boolean> => {
  const draft = `${path}.${process.pid}`
  await writeFile(draft, `${process.pid} ${await startOf(process.pid)}\n`, { mode: 0o600 })
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await unlink(draft)
  }
}

const removeIfVoid = async (path: string, folder: string): Promise<void> => {
  const text = await readFile(path, 'utf8')
  const [, pid, start] = /^(\d+) (\d+)\n$/.exec(text) ?? []
  // Process ids are used again: only with the same start is it still the process that wrote this.
  if (pid !== undefined && (await startOf(Number(pid))) === start)
    throw inUse(folder, path, `process ${pid}`)
  await unlink(path)
}

const inUse = (folder: string, path: string, who: string): FolderInUseError =>
  new FolderInUseError(
    `${folder} is in use by ${who}: stop it, or choose another folder (the claim is in ${path})`,
  )

/** When a process started, in clock ticks since boot; undefined when there is none (proc(5), field 22 of `stat`). */
const startOf = async (pid: number): Promise<string | undefined> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return undefined
    throw error
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined
