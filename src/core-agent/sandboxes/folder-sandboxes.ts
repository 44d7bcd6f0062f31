import { chown, mkdir, open, readlink, rename, rm, rmdir, symlink, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SandboxError, type Sandboxes, type SandboxSpec } from './sandboxes.ts'

/** Sandboxes on this machine's disk. */
export const folderSandboxes = (): Sandboxes => ({
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
  discard,
})

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
  const runs = dirname(path)
  const latest = join(runs, 'latest')
  const target = await readlink(latest).catch(() => undefined)
  if (target === basename(path)) await unlink(latest)
  // Up to `frameworks/<id>`; whatever still holds something stays.
  for (let folder = runs, left = 4; left > 0; folder = dirname(folder), left -= 1)
    await rmdir(folder).catch(() => {})
}
