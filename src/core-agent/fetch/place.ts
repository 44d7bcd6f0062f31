import { chmod, lchown, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FetchError, type FetchOrder } from './fetcher.ts'

/** Moves a file to its place in the sandbox, making folders on the way; no link is gone through. */
export const placeFile = async (
  file: string,
  sandbox: string,
  output: string,
  { owner, executable }: { readonly owner: FetchOrder['owner']; readonly executable: boolean },
): Promise<void> => {
  if (executable) await chmod(file, 0o755)
  await own(file, owner)
  let at = sandbox
  for (const name of output.split('/').slice(0, -1)) {
    at = join(at, name)
    await mkdir(at).then(
      () => own(at, owner),
      async () => {
        if (!(await lstat(at)).isDirectory())
          throw new FetchError(`'${output}' leads through '${name}', which is no folder`)
      },
    )
  }
  await replace(file, join(sandbox, output), output)
}

/** Moves everything in a folder into the sandbox, folders into folders of the same name. */
export const placeTree = async (
  folder: string,
  sandbox: string,
  owner: FetchOrder['owner'],
  shown = '',
): Promise<void> => {
  for (const name of await readdir(folder)) {
    const [from, to] = [join(folder, name), join(sandbox, name)]
    const path = join(shown, name)
    if (shown === '' && (name === 'stdout' || name === 'stderr'))
      throw new FetchError(`the archive holds '${name}', which is a file of the agent’s`)
    const isFolder = (await lstat(from)).isDirectory()
    const there = await lstat(to).catch(() => undefined)
    if (isFolder && there?.isDirectory()) await placeTree(from, to, owner, path)
    else {
      await ownTree(from, owner)
      await replace(from, to, path)
    }
  }
}

/** What is there already gives way, unless it is a folder. */
const replace = async (from: string, to: string, shown: string): Promise<void> => {
  if ((await lstat(to).catch(() => undefined))?.isDirectory() === true)
    throw new FetchError(`'${shown}' is a folder in the sandbox already`)
  await mkdir(dirname(to), { recursive: true })
  await rm(to, { force: true })
  await rename(from, to)
}

const ownTree = async (path: string, owner: FetchOrder['owner']): Promise<void> => {
  if (owner === undefined) return
  await own(path, owner)
  if (!(await lstat(path)).isDirectory()) return
  for (const name of await readdir(path)) await ownTree(join(path, name), owner)
}

const own = async (path: string, owner: FetchOrder['owner']): Promise<void> => {
  if (owner !== undefined) await lchown(path, owner.uid, owner.gid)
}
