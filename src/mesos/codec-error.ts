/** Bytes that are not the message they should be. `message` is what the peer is told. */
export class CodecError extends Error {
  override readonly name = 'CodecError'
}
