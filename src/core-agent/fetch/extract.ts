import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, readdir, readlink, realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGunzip } from 'node:zlib'
import type { Clock } from '../../runtime/clock.ts'
import { FetchError } from './fetcher.ts'
import type { Packing } from './plan.ts'

const run = promisify(execFile)

/** Of a listing; an archive with more names is refused. */
const maxListingBytes = 64 * 1024 * 1024

/** How often what has come out is looked at while more comes. */
const lookMs = 500
const mib = 1024 ** 2

export interface ExtractBounds {
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Of all that comes out. */
  readonly limitBytes: number
}

/**
 * Unpacks into a folder that holds nothing else. What would lie outside of it, or is neither file, folder nor a link
 * that stays inside, fails the whole; so does more than `limitBytes`, of which a little more may be on the disk by then.
 * The caller takes the folder away.
 */
export const extract = async (
  archive: string,
  packing: Packing,
  folder: string,
  { signal, clock, limitBytes }: ExtractBounds,
): Promise<void> => {
  if (packing === 'gzip') {
    const target = join(folder, basename(archive).replace(/\.gz$/, ''))
    const parts = [createReadStream(archive), createGunzip(), atMost(limitBytes)] as const
    return pipeline(...parts, createWriteStream(target), { signal })
  }
  const { list, unpack, fine } = tools[packing]
  const { stdout } = await tool(list(archive), [0], signal)
  for (const name of stdout.split('\n')) {
    const escapes = name.startsWith('/') || name.split('/').includes('..')
    if (escapes) throw new FetchError(`the archive holds '${name}', which leaves the sandbox`)
  }
  const over = new AbortController()
  const looks = lookAgain({ clock, limitBytes, folder, over })
  try {
    await tool(unpack(archive, folder), fine, AbortSignal.any([signal, over.signal]))
  } catch (error) {
    throw over.signal.aborted ? tooMuch(limitBytes) : error
  } finally {
    looks.end()
  }
  if ((await inspect(folder, await realpath(folder))) > limitBytes) throw tooMuch(limitBytes)
}

const tooMuch = (limitBytes: number): FetchError =>
  new FetchError(
    `it unpacks to more than ${Math.round(limitBytes / mib)} MB: raise the agent's --fetcher_unpacked_size, or set CommandInfo.URI.extract to false`,
  )

const atMost = (limitBytes: number) =>
  async function* (chunks: AsyncIterable<Buffer>) {
    let bytes = 0
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > limitBytes) throw tooMuch(limitBytes)
      yield chunk
    }
  }

/** Ends the unpacking as soon as a look finds too much. */
const lookAgain = ({
  clock,
  limitBytes,
  folder,
  over,
}: Pick<ExtractBounds, 'clock' | 'limitBytes'> & {
  readonly folder: string
  readonly over: AbortController
}): { end(): void } => {
  let isOver = false
  let cancel = () => {}
  const later = (): void => {
    cancel = clock.after(lookMs, () => {
      bytesBelow(folder).then(
        (bytes) => {
          if (isOver) return
          if (bytes > limitBytes) over.abort()
          else later()
        },
        () => {
          if (!isOver) later() // Something was renamed under the look.
        },
      )
    })
  }
  later()
  return {
    end: () => {
      isOver = true
      cancel()
    },
  }
}

const bytesBelow = async (folder: string): Promise<number> => {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += await bytesBelow(path)
    else bytes += (await lstat(path)).size
  }
  return bytes
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

/** What came out, whatever the tool's own safeguards are; its bytes, of a file of several names once. */
const inspect = async (folder: string, root: string): Promise<number> => {
  let bytes = 0
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
      else if (stats.nlink === 1n) bytes += Number(stats.size)
      else {
        const known = links.get(stats.ino) ?? { path: shown, nlink: stats.nlink, seen: 0n }
        if (known.seen === 0n) bytes += Number(stats.size)
        known.seen += 1n
        links.set(stats.ino, known)
      }
    }
  }
  await walk(folder)
  for (const { path, nlink, seen } of links.values())
    if (seen !== nlink) throw new FetchError(`the archive links '${path}' to a file outside of it`)
  return bytes
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
