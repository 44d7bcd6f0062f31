import { execFile } from 'node:child_process'
import {
  chown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  statfs,
  symlink,
  unlink,
  utimes,
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { CommandError } from '../command/containers.ts'
import { idsOf, makeSandbox } from '../command/sandbox.ts'
import { openFile, readAt } from '../files/disk-files.ts'
import { offsetPath } from '../logs/offset-path.ts'
import { mountsBelow, type Run } from './collect.ts'
import { SandboxError, type Sandboxes, type SandboxSpec } from './sandboxes.ts'

/** Sandboxes on this machine's disk. */
export const folderSandboxes = (workDir: string): Sandboxes => ({
  make: async ({ path, owner }) => {
    try {
      await mkdir(dirname(path), { recursive: true })
      await mkdir(path, { mode: 0o755 })
      await fill(path, owner)
      await point(join(dirname(path), 'latest'), basename(path))
      const agent = dirname(dirname(dirname(dirname(dirname(dirname(path))))))
      await point(join(dirname(agent), 'latest'), basename(agent))
    } catch (error) {
      await discard(path).catch(() => {})
      throw new SandboxError(error instanceof Error ? error.message : String(error), {
        cause: error,
      })
    }
  },
  makeForCommand: async (path, user) => {
    const owner = user === undefined ? undefined : await idsOf(user)
    try {
      makeSandbox(path, owner)
    } catch (error) {
      throw new CommandError(`The sandbox cannot be made: ${String(error)}`, { cause: error })
    }
    return owner
  },
  read: async (path, name, maxBytes) => {
    const file = await openFile({ run: path, rest: name }, 'read').catch(() => undefined)
    if (file === undefined) return undefined
    const { handle, size } = file
    try {
      return size > maxBytes ? undefined : (await readAt(handle, 0, size)).toString('utf8')
    } finally {
      await handle.close()
    }
  },
  discard,
  survey: async () => {
    const { blocks, bavail } = await statfs(workDir)
    return { runs: await findRuns(workDir), diskUsage: blocks === 0 ? 0 : 1 - bavail / blocks }
  },
  touch: async (paths) => {
    const now = new Date()
    for (const path of paths) await utimes(path, now, now).catch(() => {}) // It may have gone.
  },
  remove: async (path) => {
    for (const point of mountsBelow(await readMounts(), path))
      await run('umount', ['--', point]).catch(() => {}) // The look that follows counts.
    const [left] = mountsBelow(await readMounts(), path)
    if (left !== undefined)
      throw new SandboxError(`${left} is mounted and cannot be unmounted: ${path} stays`)
    await discard(path)
  },
})

const run = promisify(execFile)

const readMounts = (): Promise<string> => readFile('/proc/self/mountinfo', 'utf8')

/** `slaves/<id>/frameworks/<id>/executors/<id>/runs/<id>`. */
const findRuns = async (workDir: string): Promise<readonly Run[]> => {
  let folders = [join(workDir, 'slaves')]
  for (const name of ['', 'frameworks', '', 'executors', '', 'runs', ''])
    folders =
      name === ''
        ? (await Promise.all(folders.map(foldersIn))).flat()
        : folders.map((folder) => join(folder, name))
  return Promise.all(
    folders.map(async (path) => ({
      path,
      containerId: basename(path),
      modifiedMs: Math.max(
        ...(await Promise.all(['', 'stdout', 'stderr'].map((name) => modified(join(path, name))))),
      ),
    })),
  )
}

const foldersIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name))
}

const modified = async (path: string): Promise<number> =>
  (await lstat(path).catch(() => undefined))?.mtimeMs ?? 0

const fill = async (path: string, owner: SandboxSpec['owner']): Promise<void> => {
  for (const name of ['stdout', 'stderr']) {
    const file = await open(join(path, name), 'wx', 0o644)
    await (owner && file.chown(owner.uid, owner.gid))
    await file.close()
  }
  if (owner !== undefined) await chown(path, owner.uid, owner.gid)
}

/** Replaces a link in one step: it always leads somewhere. */
const point = async (link: string, target: string): Promise<void> => {
  const fresh = `${link}.${process.hrtime.bigint()}`
  await symlink(target, fresh)
  await rename(fresh, link)
}

const discard = async (path: string): Promise<void> => {
  await rm(path, { recursive: true, force: true })
  await rm(offsetPath(path), { force: true })
  const runs = dirname(path)
  const latest = join(runs, 'latest')
  const target = await readlink(latest).catch(() => undefined)
  if (target === basename(path)) await unlink(latest)
  // Up to `frameworks`; whatever still holds something stays.
  for (let folder = runs, left = 5; left > 0; folder = dirname(folder), left -= 1)
    await rmdir(folder).catch(() => {})
}
