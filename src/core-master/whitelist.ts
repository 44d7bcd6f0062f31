import { readFileSync } from 'node:fs'
import type { Cancel, Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'

const intervalMs = 5_000

/**
 * Keeps `--whitelist` true to its file, which is read at once and every 5 s: hostnames, one a line; an empty file
 * lets nobody be offered, `*` alone everybody (core-master L14). A file that cannot be read changes nothing, and is
 * said once; at the start it is nobody.
 */
export const watchWhitelist = (
  path: string | undefined,
  master: { setWhitelist(hostnames: ReadonlySet<string> | undefined): void },
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Cancel => {
  if (path === undefined) return () => {}
  const file = path.replace(/^file:\/\//, '')
  let last: string | undefined
  let isSaid = false
  let cancel: Cancel = () => {}
  const look = (): void => {
    cancel = clock.after(intervalMs, look)
    try {
      const text = readFileSync(file, 'utf8')
      isSaid = false
      if (text === last) return
      last = text
      master.setWhitelist(parseWhitelist(text))
    } catch (error) {
      if (last === undefined) master.setWhitelist(new Set())
      if (!isSaid) logger.warn({ file, error: String(error) }, '--whitelist cannot be read')
      isSaid = true
    }
  }
  look()
  return () => cancel()
}

const parseWhitelist = (text: string): ReadonlySet<string> | undefined => {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.length === 1 && lines[0] === '*' ? undefined : new Set(lines)
}
