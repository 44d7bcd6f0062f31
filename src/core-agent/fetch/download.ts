import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import type { Clock } from '../../runtime/clock.ts'
import { FetchError } from './fetcher.ts'
import type { FetchPlan } from './plan.ts'

/** Mesos' `fetcher_stall_timeout`: less than one byte a second for so long ends a download. */
export const stallMs = 60_000
const maxRedirects = 10

/** Writes what the source holds into a new file; rejects with FetchError where it cannot, or where nothing comes. */
export const download = async (
  { source }: FetchPlan,
  target: string,
  clock: Clock,
  given: AbortSignal,
): Promise<void> => {
  const controller = new AbortController()
  const abort = () => controller.abort(given.reason)
  given.addEventListener('abort', abort, { once: true })
  if (given.aborted) abort()
  let seen = 0
  let since = 0
  let cancel = () => {}
  // As curl's low-speed limit: the bytes of the last minute are fewer than its seconds.
  const watch = () => {
    cancel = clock.after(stallMs, () => {
      if (seen - since < stallMs / 1000)
        return controller.abort(new FetchError(`nothing came for ${stallMs / 1000} s`))
      since = seen
      watch()
    })
  }
  watch()
  try {
    const from =
      source.kind === 'path'
        ? await openPath(source.path)
        : await get(source.url, controller.signal, maxRedirects)
    const file = await open(target, 'wx', 0o644)
    try {
      await copy(from, file, controller.signal, (bytes) => (seen += bytes))
    } finally {
      await file.close()
    }
  } catch (error) {
    const cause: unknown = controller.signal.aborted ? controller.signal.reason : error
    throw cause instanceof FetchError
      ? cause
      : new FetchError(cause instanceof Error ? cause.message : String(cause), { cause })
  } finally {
    cancel()
    given.removeEventListener('abort', abort)
    controller.abort()
  }
}

/** Regular files only, and without waiting for the other end of a pipe. */
const openPath = async (path: string): Promise<Readable> => {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  if ((await handle.stat()).isFile()) return handle.createReadStream()
  await handle.close()
  throw new FetchError('it is no regular file')
}

const get = (url: string, signal: AbortSignal, redirectsLeft: number): Promise<IncomingMessage> =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const ask = url.startsWith('https:') ? httpsRequest : httpRequest
    const sent = ask(url, { signal, agent: false }, resolve)
    sent.on('error', reject)
    sent.end()
  }).then((response) => {
    const { statusCode = 0, headers } = response
    if (statusCode === 200) return response
    response.destroy()
    const isMoved = [301, 302, 303, 307, 308].includes(statusCode)
    if (!isMoved || headers.location === undefined)
      throw new FetchError(`the server answered with status ${statusCode}`)
    if (redirectsLeft === 0) throw new FetchError(`more than ${maxRedirects} redirects`)
    const next = URL.canParse(headers.location, url) ? new URL(headers.location, url) : undefined
    if (next?.protocol !== 'http:' && next?.protocol !== 'https:')
      throw new FetchError(`it is redirected to '${headers.location}', which is no web address`)
    return get(next.href, signal, redirectsLeft - 1)
  })

const copy = async (
  from: Readable,
  to: FileHandle,
  signal: AbortSignal,
  count: (bytes: number) => void,
): Promise<void> => {
  const end = () => from.destroy(new FetchError('it was given up'))
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  for await (const chunk of from) {
    await to.write(chunk as Buffer)
    count((chunk as Buffer).length)
  }
  if ('complete' in from && from.complete === false)
    throw new FetchError('the connection broke before the end')
}
