import type { Inspect } from '../mesos/engine-endpoint.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Cgroups } from './cgroups.ts'
import { pidOf } from './usage/processes.ts'

export interface ContainerGroupsPorts {
  readonly clock: Clock
  readonly cgroups: Cgroups
  readonly logger: Logger
}

/** What a kill came to: no process of the container lives. */
export interface Emptied {
  readonly container: string
  /** Some did when the kill began; false: they had ended before, nobody knows how. */
  readonly struck: boolean
}

/** How long after SIGKILL the group is looked at again, and sent it again to whoever was just born. */
const againMs = 20
/** So many times; then it is left to the next kill of the same container. */
const maxStrikes = 100
/** For so long what dies in a tier of low weight has full weight, or on v2 its tier. */
const boostMs = 2000

/**
 * The control groups of the engine's containers, by engine id: how what the engine does not end is ended without it
 * (core-agent §3.4). Only a group whose path names the container is ever known, and so ever killed.
 */
export class ContainerGroups {
  readonly #ports: ContainerGroupsPorts
  readonly #onEmpty: (emptied: Emptied) => void
  readonly #groups = new Map<string, string>()
  /** Whose kill is under way. */
  readonly #dying = new Set<string>()
  #closed = false

  constructor(ports: ContainerGroupsPorts, onEmpty: (emptied: Emptied) => void) {
    this.#ports = ports
    this.#onEmpty = onEmpty
  }

  /** A look at the container: while its process lives, its group can be found, and stays known until it is removed. */
  note(container: string, inspect: Inspect | undefined): void {
    if (inspect === undefined) {
      this.#groups.delete(container)
      return
    }
    const pid = pidOf({ inspect })
    if (pid === 0 || this.#groups.has(container)) return
    const group = ownGroup(this.#ports.cgroups.groupOf(pid), container)
    if (group !== undefined) this.#groups.set(container, group)
  }

  /**
   * Kills every process of the container, again and again until there is none, which `onEmpty` is told. `boosted`: the
   * tier that the container is in, where that gives it too little cpu to end soon. `group`: of one that is not the
   * engine's.
   */
  kill(container: string, boosted: string | undefined, group = this.#groups.get(container)): void {
    if (group === undefined || this.#dying.has(container)) return
    const { clock, cgroups } = this.#ports
    this.#dying.add(container)
    const struck = cgroups.populated(group)
    this.#strike({ container, struck }, group, boosted, maxStrikes)
    if (boosted !== undefined)
      clock.after(boostMs, () => this.#attempt(() => cgroups.settle(boosted)))
  }

  /** The containers that have been seen to run, and of which no process is left. */
  empty(): readonly string[] {
    const { cgroups } = this.#ports
    return [...this.#groups].filter(([, group]) => !cgroups.populated(group)).map(([id]) => id)
  }

  close(): void {
    this.#closed = true
  }

  #strike(emptied: Emptied, group: string, boosted: string | undefined, strikes: number): void {
    const { clock, cgroups, logger } = this.#ports
    const { container } = emptied
    if (this.#closed) return
    if (!cgroups.populated(group)) {
      this.#dying.delete(container)
      return this.#onEmpty(emptied)
    }
    if (strikes === 0) {
      this.#dying.delete(container)
      return logger.warn({ container, group }, 'SIGKILL does not end what is in a control group')
    }
    this.#attempt(() => cgroups.kill(group, boosted))
    clock.after(againMs, () => this.#strike(emptied, group, boosted, strikes - 1))
  }

  #attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#ports.logger.warn({ error: String(error) }, 'a control group could not be written')
    }
  }
}

/**
 * The group of the container itself: its path ends with the name that has the engine id in it, whatever groups a
 * process inside has made below. Undefined where none has: the number of a process that has ended may be another's.
 */
const ownGroup = (group: string | undefined, container: string): string | undefined => {
  const at = group?.indexOf(container) ?? -1
  if (group === undefined || at === -1) return undefined
  const end = group.indexOf('/', at)
  return end === -1 ? group : group.slice(0, end)
}
