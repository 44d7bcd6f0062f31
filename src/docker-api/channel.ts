/** Values between a producer that pushes and one reader that pulls; a reader too far behind is ended, not waited for. */
export class Channel<T> {
  readonly #limit: number
  readonly #sizeOf: (value: T) => number
  readonly #values: T[] = []
  #size = 0
  #end: { readonly error: Error | undefined } | undefined
  #wake: () => void = () => {}

  /** `limit` is in whatever `sizeOf` counts: bytes, or values. */
  constructor(limit: number, sizeOf: (value: T) => number = () => 1) {
    this.#limit = limit
    this.#sizeOf = sizeOf
  }

  /** False when it is not taken: ended before, or by this push. */
  push(value: T): boolean {
    if (this.#end !== undefined) return false
    this.#size += this.#sizeOf(value)
    if (this.#size > this.#limit) {
      this.end(new Error(`the reader fell more than ${this.#limit} behind`))
      return false
    }
    this.#values.push(value)
    this.#wake()
    return true
  }

  /** The reader gets what was pushed before, then the error, if any. */
  end(error?: Error): void {
    this.#end ??= { error }
    this.#wake()
  }

  /** `leave` is called once when the reader is done, for whatever reason. */
  async *read(leave: () => void = () => {}): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const value = this.#values.shift()
        if (value !== undefined) {
          this.#size -= this.#sizeOf(value)
          yield value
        } else if (this.#end === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
        } else if (this.#end.error === undefined) return
        else throw this.#end.error
      }
    } finally {
      leave()
    }
  }
}
