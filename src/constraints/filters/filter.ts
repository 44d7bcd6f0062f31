import type { Node, PlacementRequest } from '../node.ts'

/** One kind of condition on the node of a container (docker-frontend §7.2). */
export interface Filter {
  readonly name: string
  /** Also asked where a stopped container starts again on its own node. */
  readonly appliesToRestarts?: true
  /** Said when no node passes, in place of the condition list. */
  readonly failure?: string
  /** `nodes` are all that are known: some conditions depend on what there is elsewhere. */
  checks(request: PlacementRequest, nodes: readonly Node[]): readonly Check[]
  /** This filter's items in the condition list of §7.5. */
  conditions(request: PlacementRequest, nodes: readonly Node[]): readonly string[]
}

/** A single condition of one request. */
export interface Check {
  /** A wish: it ranks nodes and excludes none. */
  readonly soft: boolean
  accepts(node: Node): boolean
  /** Why a node that was not accepted was not; short, for one line. */
  miss(node: Node): string
}
