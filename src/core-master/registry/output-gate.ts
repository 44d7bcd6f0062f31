/**
 * Keeps what a master says behind what it has written down: an act waits for every write that was begun before it, and
 * acts are done in the order in which they came. Nobody hears of a decision that a crash could undo (core-master M1).
 */
export class OutputGate {
  readonly #waiting: ({ readonly act: () => void } | { written: boolean })[] = []

  /** Writes not done yet. */
  writes = 0

  /** Does it now, or once what was begun before it is written. */
  pass(act: () => void): void {
    if (this.#waiting.length === 0) act()
    else this.#waiting.push({ act })
  }

  /** Begins a write; `start` is given what to call when it is done. */
  hold(start: (done: () => void) => void): void {
    const write = { written: false }
    this.#waiting.push(write)
    this.writes += 1
    start(() => {
      write.written = true
      this.writes -= 1
      this.#advance()
    })
  }

  /** What waits is not done any more. */
  drop(): void {
    this.#waiting.length = 0
  }

  #advance(): void {
    for (;;) {
      const [first] = this.#waiting
      if (first === undefined || ('written' in first && !first.written)) return
      this.#waiting.shift()
      if ('act' in first) first.act()
    }
  }
}
