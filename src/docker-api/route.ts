import type { Handler } from './call.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

/** Who answers: this endpoint from memory, the container's agent, all agents, those that have it, one, nobody. */
export type Answerer = 'own' | 'agent' | 'all' | 'has' | 'one' | 'none'

export interface Route {
  readonly method: Method
  /** Without version; `{name}` takes slashes, `{rest*}` whatever follows. */
  readonly path: string
  readonly answerer: Answerer
  readonly support: 'served' | 'proxied' | 'not served'
  readonly handle: Handler
  /** The connection may become a raw stream in both directions (docker-frontend §3). */
  readonly hijacks?: boolean
}
