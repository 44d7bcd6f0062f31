/** One message of a container, as the engine's log holds it. */
export interface LogMessage {
  readonly stream: 'stdout' | 'stderr'
  /** RFC 3339 in nanoseconds, so that texts compare as times do. */
  readonly time: string
  readonly text: Buffer
}

/** A message, or a terminal's line, is cut where it grows beyond this. */
const maxMessageBytes = 1024 * 1024
const headerBytes = 8

/** The engine's log stream with timestamps, piece by piece. */
export class LogFrames {
  readonly #tty: boolean
  #rest: Buffer = Buffer.alloc(0)

  /** A terminal's output has no frames: each line counts as a message. */
  constructor(options: { readonly tty: boolean }) {
    this.#tty = options.tty
  }

  push(chunk: Uint8Array): readonly LogMessage[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const messages: LogMessage[] = []
    for (let one = this.#next(); one !== undefined; one = this.#next()) messages.push(one)
    return messages
  }

  #next(): LogMessage | undefined {
    if (this.#tty) {
      const end = this.#rest.indexOf(0x0a) + 1
      if (end === 0 && this.#rest.length < maxMessageBytes) return undefined
      return this.#take('stdout', 0, end === 0 ? this.#rest.length : end)
    }
    if (this.#rest.length < headerBytes) return undefined
    const length = this.#rest.readUInt32BE(4)
    if (length > maxMessageBytes) throw new Error(`a log message of ${length} bytes`)
    if (this.#rest.length < headerBytes + length) return undefined
    const stream = this.#rest[0] === 2 ? 'stderr' : 'stdout'
    return this.#take(stream, headerBytes, headerBytes + length)
  }

  #take(stream: LogMessage['stream'], begin: number, end: number): LogMessage {
    const payload = this.#rest.subarray(begin, end)
    this.#rest = this.#rest.subarray(end)
    const space = payload.indexOf(0x20)
    return {
      stream,
      time: payload.subarray(0, Math.max(0, space)).toString(),
      text: Buffer.from(payload.subarray(space + 1)),
    }
  }
}
