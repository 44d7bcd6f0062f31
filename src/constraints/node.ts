import type { Range } from '../resources/ranges.ts'
import type { Kind } from '../resources/resources.ts'

/** Amounts in thousandths by resource name (`cpus`, `mem` in MiB, `gpus`); absent is zero. */
export type Amounts = ReadonlyMap<string, number>

/** What the filters and strategies see of a machine. Plain values: building it is the framework's work. */
export interface Node {
  readonly id: string
  readonly hostname: string
  /** The agent is reachable and its engine answers. */
  readonly healthy: boolean
  /** Refused engine attempts out of `failureRetry`, 0 to 100: 100 is perfect (docker-frontend §7.4). */
  readonly healthScore: number
  /** Built-ins (`storagedriver`, …) over engine labels over agent attributes (docker-frontend §7.2); `node` and `res-type` are not in it. */
  readonly labels: ReadonlyMap<string, string>
  readonly containers: readonly ContainerFacts[]
  readonly images: readonly {
    readonly id: string
    readonly tags: readonly string[]
    readonly digests: readonly string[]
  }[]
  /** Offered now, by kind; ports as ranges of the regular offer. Absent kind: nothing of it is offered. */
  readonly offered: Readonly<Partial<Record<Kind, Amounts>>>
  readonly offeredPorts: readonly Range[]
  /** Port ranges that the agent manages at all, offered or held: a fixed port outside them is unmanaged (§6.2). */
  readonly managedPorts: readonly Range[]
  /** Held by our own live tasks, by kind. */
  readonly held: Readonly<Partial<Record<Kind, Amounts>>>
  /** Local network and volume names on this machine. */
  readonly networks: ReadonlySet<string>
  readonly volumes: ReadonlySet<string>
  /** Milliseconds since the last offer of this agent, for the answer's "no offer for 12s". */
  readonly sinceOfferMs: number | undefined
}

export interface ContainerFacts {
  readonly id: string
  readonly name: string
  readonly image: string
  readonly imageId: string
  readonly labels: ReadonlyMap<string, string>
  readonly state: 'pending' | 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead'
  /** It will be started again by its restart policy. */
  readonly restarts: boolean
  readonly networkMode: string
  readonly publishedPorts: readonly PublishedPort[]
  /** `80/tcp`, what a host-mode container exposes. */
  readonly exposedPorts: readonly string[]
}

export interface PublishedPort {
  /** Empty or `0.0.0.0` or `::` is every address. */
  readonly hostIp: string
  /** 0: any free managed port. */
  readonly hostPort: number
  /** Any of `hostPort` to here will do. */
  readonly lastHostPort?: number
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp' | 'sctp'
}

/** What a create asks for, validated (docker-frontend §6.1, §6.2). */
export interface PlacementRequest {
  readonly name: string
  readonly image: string
  readonly constraints: readonly Expression[]
  readonly affinities: readonly Expression[]
  readonly whitelists: readonly Expression[]
  /** Kinds of cpus in order of preference: one or two, from `res-type` (§8.2). */
  readonly kinds: readonly Kind[]
  readonly asked: Amounts
  /** True: memory too is taken as revocable where the kind is (§8.4 rule 3). */
  readonly revocableMemory: boolean
  readonly networkMode: string
  readonly publishedPorts: readonly PublishedPort[]
  readonly exposedPorts: readonly string[]
  readonly dependencies: {
    readonly volumesFrom: readonly string[]
    readonly links: readonly string[]
    readonly networkContainer: string | undefined
    readonly networks: readonly string[]
    readonly volumes: readonly string[]
  }
  /** Only this node will do: a stopped container that starts again (§6.8). */
  readonly pinnedTo?: string
}

/** `KEY OP VALUE` of docker-frontend §7.1, parsed; the pattern is compiled once, at intake. */
export interface Expression {
  readonly key: string
  readonly operator: '==' | '!='
  /** As written after the operator, without the leading `~`s. */
  readonly value: string
  readonly soft: boolean
  /** Whether `text` satisfies the pattern; the operator is not applied. */
  matches(text: string): boolean
}

export interface Miss {
  readonly node: string
  /** Such as `cpus(Revocable) 2 wanted, 0.5 offered` or `constraint region==eu, is us`. */
  readonly why: string
}

/** "Nothing fits" is an answer, with its reasons, not an exception. */
export type Placement =
  | { readonly kind: 'placed'; readonly node: Node; readonly resourceKind: Kind }
  | {
      readonly kind: 'unplaceable'
      /** `no resources available to schedule container`, or the condition list of §7.5. */
      readonly text: string
      /** One a node, nearest miss first. */
      readonly misses: readonly Miss[]
    }
