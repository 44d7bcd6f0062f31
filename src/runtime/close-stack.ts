/** What was started, to be stopped in reverse: each start pushes the undoing of it. */
export class CloseStack {
  readonly #steps: (() => void | Promise<void>)[] = []
  #closing: Promise<void> | undefined

  push(close: () => void | Promise<void>): void {
    if (this.#closing !== undefined) throw new Error('pushed onto a stack that is closing')
    this.#steps.push(close)
  }

  /** Attempts every step, the last pushed first, one after the other, and then rejects with the first error. Runs once. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    const errors: unknown[] = []
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}
