import type { AgentId } from '../../mesos/ids.ts'

/** Beyond it the oldest is forgotten, and found again by asking the agents (docker-frontend §3.4). */
const maxExecIds = 100_000

export interface ExecPlace {
  readonly agent: AgentId
  readonly tty: boolean
}

/** Which agent runs an exec: its id does not say. */
export class ExecIds {
  readonly #places = new Map<string, ExecPlace>()
  readonly #limit: number

  constructor(limit = maxExecIds) {
    this.#limit = limit
  }

  set(execId: string, place: ExecPlace): void {
    this.#places.set(execId, place)
    if (this.#places.size <= this.#limit) return
    const [oldest] = this.#places.keys()
    if (oldest !== undefined) this.#places.delete(oldest)
  }

  get(execId: string): ExecPlace | undefined {
    return this.#places.get(execId)
  }
}
