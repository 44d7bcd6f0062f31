/** The longest line of an engine's stream that is read. */
const maxLineBytes = 4 * 1024 ** 2

/** Cuts a stream into its JSON values, one a line (events, pull progress). */
export class JsonLines {
  #held: Buffer = Buffer.alloc(0)

  /** The values whose lines `chunk` completes. Throws where a line is not JSON, or too long. */
  push(chunk: Buffer): readonly unknown[] {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const values: unknown[] = []
    for (let end = this.#held.indexOf('\n'); end !== -1; end = this.#held.indexOf('\n')) {
      const line = this.#held.toString('utf8', 0, end).trim()
      this.#held = this.#held.subarray(end + 1)
      if (line !== '') values.push(JSON.parse(line))
    }
    if (this.#held.length > maxLineBytes)
      throw new RangeError(`a line of the engine is beyond ${maxLineBytes} bytes`)
    return values
  }
}
