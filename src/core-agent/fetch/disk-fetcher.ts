import { constants } from 'node:fs'
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CommandInfoURI } from '../../mesos/wire.ts'
import type { Clock } from '../../runtime/clock.ts'
import { FetchCache } from './cache.ts'
import { download } from './download.ts'
import { extract } from './extract.ts'
import { FetchError, type Fetcher, type FetchOrder } from './fetcher.ts'
import { placeFile, placeTree } from './place.ts'
import { type FetchPlan, planFetch } from './plan.ts'

export interface DiskFetcherOptions {
  /** Of the fetcher's own, on the disk of the sandboxes; what an earlier life left in it goes. */
  readonly folder: string
  readonly cacheBytes: number
  /** Of what one archive unpacks to. */
  readonly unpackedBytes: number
  readonly clock: Clock
}

/**
 * Fetches into a folder of its own first; what has come and is safe moves into the sandbox. So a fetch that fails
 * leaves nothing, and an archive unpacks where there is nothing to overwrite.
 */
export const diskFetcher = (options: DiskFetcherOptions): Fetcher => {
  const { folder, cacheBytes, unpackedBytes: limitBytes, clock } = options
  let sequence = 0
  const newPath = (kind: string) => {
    sequence += 1
    return join(folder, `${kind}-${sequence}`)
  }
  const cache = new FetchCache({ limitBytes: cacheBytes, newPath: () => newPath('cached') })
  const cleared = rm(folder, { recursive: true, force: true })

  const fetchOne = async (order: FetchOrder, plan: FetchPlan, signal: AbortSignal) => {
    const stage = newPath('stage')
    try {
      await mkdir(join(stage, 'unpacked'), { recursive: true, mode: 0o700 })
      const file = join(stage, basename(plan.output))
      if (plan.cache)
        await cache.with(
          JSON.stringify([order.user, plan.uri]),
          // Others may wait for it: the end of this task does not end it.
          (path) => download(plan, path, clock, new AbortController().signal),
          (path) => copyFile(path, file, constants.COPYFILE_FICLONE),
        )
      else await download(plan, file, clock, signal)
      signal.throwIfAborted()
      if (plan.packing !== undefined) {
        const unpacked = join(stage, 'unpacked')
        await extract(file, plan.packing, unpacked, { signal, clock, limitBytes })
        signal.throwIfAborted()
        await placeTree(unpacked, order.sandbox, order.owner)
      }
      await placeFile(file, order.sandbox, plan.output, { ...plan, owner: order.owner })
    } finally {
      await rm(stage, { recursive: true, force: true })
    }
  }

  return {
    fetch: async (order, signal) => {
      await cleared
      for (const uri of order.uris) {
        try {
          const plan = planFetch(uri)
          if ('problem' in plan) throw new FetchError(plan.problem)
          await fetchOne(order, plan, signal)
        } catch (error) {
          throw failed(uri, signal.aborted ? 'it was given up' : textOf(error), error)
        }
      }
    },
  }
}

const failed = ({ value }: CommandInfoURI, why: string, cause: unknown): FetchError =>
  new FetchError(`URI '${value}': ${why}`, { cause })

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
