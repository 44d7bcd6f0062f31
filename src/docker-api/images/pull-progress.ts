import { number, object, text } from '../json.ts'

/** What one engine says of its pull, as one line of the cluster's: its `id` is the node (docker-frontend §2.3). */
export class PullProgress {
  readonly #node: string
  readonly #layers = new Map<string, { readonly current: number; readonly total: number }>()
  #shown = -1
  /** Why the engine gave up, once it has said so. */
  error: string | undefined

  constructor(node: string) {
    this.#node = node
  }

  /** The line to show for the engine's line, or undefined when it says nothing new. */
  line(entry: Readonly<Record<string, unknown>>): object | undefined {
    const error = text(entry['error']) || text(object(entry['errorDetail'])['message'])
    if (error !== '') {
      this.error = error
      return undefined
    }
    const status = text(entry['status'])
    if (status.startsWith('Status: '))
      return { status: status.slice('Status: '.length), id: this.#node }
    if (status !== 'Downloading') return undefined
    const { current, total } = object(entry['progressDetail'])
    this.#layers.set(text(entry['id']), { current: number(current), total: number(total) })
    return this.#downloading()
  }

  #downloading(): object | undefined {
    const layers = [...this.#layers.values()]
    const current = layers.reduce((sum, layer) => sum + layer.current, 0)
    if (current === this.#shown) return undefined
    this.#shown = current
    const total = layers.reduce((sum, layer) => sum + layer.total, 0)
    return { status: 'Downloading', progressDetail: { current, total }, id: this.#node }
  }
}
