/** No engine could be had; the message says why and what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
}
