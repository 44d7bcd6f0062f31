/** A record or a length that is not one, or a record beyond the bound. */
export class RecordIoError extends Error {
  override readonly name = 'RecordIoError'
}

/** The longest record that is read: 4 MB, the body bound of every API here. */
export const maxRecordBytes = 4 * 1024 * 1024

const lineFeed = 0x0a
/** Decimal digits of a length line that can still be within the bound. */
const maxLengthDigits = 10

/** Length in decimal, a line feed, then the bytes: one piece, so that it travels as one chunk (W2, W3). */
export const encodeRecord = (body: Uint8Array): Uint8Array => {
  const head = Buffer.from(`${body.byteLength}\n`, 'latin1')
  return Buffer.concat([head, body], head.byteLength + body.byteLength)
}

/** Cuts a byte stream into records wherever the chunks fall (W2). Throws RecordIoError; then it is of no more use. */
export class RecordDecoder {
  #held: Buffer = Buffer.alloc(0)
  readonly #maxBytes: number

  constructor(options: { readonly maxBytes?: number } = {}) {
    this.#maxBytes = options.maxBytes ?? maxRecordBytes
  }

  /** The records that `chunk` completes, in order. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#held = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk])
    const records: Uint8Array[] = []
    let offset = 0
    for (;;) {
      const end = this.#held.indexOf(lineFeed, offset)
      if (end === -1) {
        if (this.#held.length - offset > maxLengthDigits)
          throw new RecordIoError('record length line is too long')
        break
      }
      const length = this.#length(this.#held.toString('latin1', offset, end))
      if (this.#held.length < end + 1 + length) break
      records.push(this.#held.subarray(end + 1, end + 1 + length))
      offset = end + 1 + length
    }
    this.#held = this.#held.subarray(offset)
    return records
  }

  #length(text: string): number {
    if (!/^\d{1,10}$/.test(text))
      throw new RecordIoError(`not a record length: "${text.slice(0, 32)}"`)
    const length = Number(text)
    if (length > this.#maxBytes)
      throw new RecordIoError(
        `a record of ${length} bytes is beyond the bound of ${this.#maxBytes}`,
      )
    return length
  }
}
