import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, readdir, readlink, realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGunzip } from 'node:zlib'
import { FetchError } from './fetcher.ts'
import type { Packing } from './plan.ts'

const run = promisify(execFile)

/** Of a listing; an archive with more names is refused. */
const maxListingBytes = 64 * 1024 * 1024

/**
 * Unpacks into a folder that holds nothing else. What would lie outside of it, or is neither file, folder nor a link
 * that stays inside, fails the whole; the caller takes the folder away then.
 */
export const extract = async (
  archive: string,
  packing: Packing,
  folder: string,
  signal: AbortSignal,
): Promise<void> => {
  if (packing === 'gzip') {
    const target = join(folder, basename(archive).replace(/\.gz$/, ''))
    return pipeline(createReadStream(archive), createGunzip(), createWriteStream(target), {
      signal,
    })
  }
  const { list, unpack, fine } = tools[packing]
  const { stdout } = await tool(list(archive), [0], signal)
  for (const name of stdout.split('\n')) {
    const escapes = name.startsWith('/') || name.split('/').includes('..')
    if (escapes) throw new FetchError(`the archive holds '${name}', which leaves the sandbox`)
  }
  await tool(unpack(archive, folder), fine, signal)
  await inspect(folder, await realpath(folder))
}

interface Tool {
  readonly list: (archive: string) => readonly string[]
  readonly unpack: (archive: string, folder: string) => readonly string[]
  /** Exit codes of success. */
  readonly fine: readonly number[]
}

/** Both make links that lead elsewhere only after everything else, so nothing is written through one. */
const tools: Readonly<Record<Exclude<Packing, 'gzip'>, Tool>> = {
  tar: {
    list: (archive) => ['tar', '--list', '--quoting-style=literal', '--force-local', '-f', archive],
    unpack: (archive, folder) => [
      'tar',
      '--extract',
      '--no-same-owner',
      '--force-local',
      '-f',
      archive,
      '-C',
      folder,
    ],
    fine: [0],
  },
  zip: {
    list: (archive) => ['unzip', '-Z1', archive],
    unpack: (archive, folder) => ['unzip', '-q', '-o', archive, '-d', folder],
    fine: [0, 1], // 1: a warning, such as of an empty archive.
  },
}

interface ToolFailure {
  readonly code?: number | string
  readonly stdout?: string
  readonly stderr?: string
}

const tool = async (
  [name = '', ...args]: readonly string[],
  fine: readonly number[],
  signal: AbortSignal,
): Promise<{ readonly stdout: string }> => {
  try {
    return await run(name, args, { signal, maxBuffer: maxListingBytes })
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as ToolFailure
    if (typeof code === 'number' && fine.includes(code)) return { stdout: stdout }
    if (code === 'ENOENT')
      throw new FetchError(`unpacking it needs ${name} on the agent's machine: install it`)
    const [line] = stderr.trim().split('\n')
    throw new FetchError(`unpacking it failed: ${line || code}`, { cause: error })
  }
}

/** What came out, whatever the tool's own safeguards are. */
const inspect = async (folder: string, root: string): Promise<void> => {
  const links = new Map<bigint, { readonly path: string; readonly nlink: bigint; seen: bigint }>()
  const walk = async (at: string): Promise<void> => {
    for (const name of await readdir(at)) {
      const path = join(at, name)
      const shown = path.slice(folder.length + 1)
      const stats = await lstat(path, { bigint: true })
      if (stats.isDirectory()) await walk(path)
      else if (stats.isSymbolicLink()) await inspectLink(path, shown, root)
      else if (!stats.isFile())
        throw new FetchError(`the archive holds '${shown}', a device, pipe or socket`)
      else if (stats.nlink > 1n) {
        const known = links.get(stats.ino) ?? { path: shown, nlink: stats.nlink, seen: 0n }
        known.seen += 1n
        links.set(stats.ino, known)
      }
    }
  }
  await walk(folder)
  for (const { path, nlink, seen } of links.values())
    if (seen !== nlink) throw new FetchError(`the archive links '${path}' to a file outside of it`)
}

const inspectLink = async (path: string, shown: string, root: string): Promise<void> => {
  const target = await readlink(path)
  const real = await realpath(path).catch(() => undefined)
  const stays =
    real === undefined
      ? !target.startsWith('/') && !target.split('/').includes('..')
      : real === root || real.startsWith(`${root}/`)
  if (!stays || target.startsWith('/'))
    throw new FetchError(`the archive links '${shown}' to '${target}', which leaves the sandbox`)
}
