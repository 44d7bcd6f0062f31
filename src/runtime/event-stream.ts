export interface EventSource<Event> {
  /**
   * Every event published after this call, until `signal` aborts; at once, not from the first `next()`, so that a
   * caller who takes a snapshot after subscribing misses nothing. Throws SlowReaderError.
   */
  subscribe(signal: AbortSignal): AsyncIterable<Event>
}

/** Fan-out to slow and quick readers alike: a reader that falls `limit` behind is ended, not waited for. */
export class EventHub<Event> implements EventSource<Event> {
  readonly #readers = new Set<Reader<Event>>()
  readonly #limit: number

  constructor(options: { readonly limit: number }) {
    this.#limit = options.limit
  }

  get readers(): number {
    return this.#readers.size
  }

  publish(event: Event): void {
    for (const reader of this.#readers) {
      if (reader.queue.length < this.#limit) {
        reader.queue.push(event)
      } else {
        reader.overrun = true
        this.#readers.delete(reader)
      }
      reader.wake()
    }
  }

  subscribe(signal: AbortSignal): AsyncGenerator<Event, void, undefined> {
    const reader: Reader<Event> = { queue: [], overrun: false, wake: () => {} }
    const leave = () => {
      this.#readers.delete(reader)
      reader.wake()
    }
    if (!signal.aborted) this.#readers.add(reader)
    signal.addEventListener('abort', leave, { once: true })
    return this.#events(reader, signal, leave)
  }

  async *#events(
    reader: Reader<Event>,
    signal: AbortSignal,
    leave: () => void,
  ): AsyncGenerator<Event, void, undefined> {
    try {
      while (!signal.aborted) {
        const event = reader.queue.shift()
        if (event !== undefined) yield event
        else if (reader.overrun) throw new SlowReaderError(this.#limit)
        else await new Promise<void>((resolve) => (reader.wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', leave)
      leave()
    }
  }
}

interface Reader<Event> {
  readonly queue: Event[]
  /** It has missed events: what it still has is delivered, then it is ended. */
  overrun: boolean
  wake: () => void
}

export class SlowReaderError extends Error {
  override readonly name = 'SlowReaderError'
  constructor(limit: number) {
    super(`reader fell more than ${limit} events behind`)
  }
}
