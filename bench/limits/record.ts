const newline = 10

/** RecordIO, at its barest: the length in decimal, a newline, the bytes. */
export const frame = (bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length}\n`), bytes])

/** The whole records of a buffer, without copying; what follows the last of them is the generator's answer. */
export function* frames(buffer: Buffer): Generator<Buffer, Buffer> {
  let at = 0
  for (;;) {
    const end = buffer.indexOf(newline, at)
    if (end === -1) return buffer.subarray(at)
    const length = Number(buffer.toString('latin1', at, end))
    if (end + 1 + length > buffer.length) return buffer.subarray(at)
    yield buffer.subarray(end + 1, end + 1 + length)
    at = end + 1 + length
  }
}
