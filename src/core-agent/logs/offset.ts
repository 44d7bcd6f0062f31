/** How far a container's log was written to the files of its sandbox. */
export interface LogOffset {
  /** Of the last message; empty: of none. */
  readonly time: string
  /** How many messages had that time: parts of one long line share theirs. */
  readonly seen: number
  /** Of the files then; what lies behind was written without being remembered. */
  readonly sizes: Readonly<Record<'stdout' | 'stderr', number>>
}

export const noOffset: LogOffset = { time: '', seen: 0, sizes: { stdout: 0, stderr: 0 } }

/** The offset of a file that the agent wrote; undefined: it holds none. */
export const parseOffset = (text: string): LogOffset | undefined => {
  try {
    const { time, seen, sizes } = JSON.parse(text) as LogOffset
    const numbers = [seen, sizes.stdout, sizes.stderr]
    return typeof time === 'string' && numbers.every(Number.isSafeInteger)
      ? { time, seen, sizes }
      : undefined
  } catch {
    return undefined
  }
}

/** The engine's `since` for an offset: it tells the messages of that very time again. */
export const sinceOf = ({ time }: LogOffset): string | undefined => {
  const [, seconds = '', nanos = '0'] = /^([^.]+)(?:\.(\d+))?Z$/.exec(time) ?? []
  const milliseconds = Date.parse(`${seconds}Z`)
  return Number.isNaN(milliseconds) ? undefined : `${milliseconds / 1000}.${nanos}`
}

/** Tells which messages of a stream that begins at an offset are new. */
export class Resumption {
  readonly #from: LogOffset
  #again = 0

  constructor(from: LogOffset) {
    this.#from = from
  }

  isNew(time: string): boolean {
    if (time !== this.#from.time) return time > this.#from.time
    this.#again += 1
    return this.#again > this.#from.seen
  }
}
