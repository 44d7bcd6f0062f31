import type { Random } from '../runtime/random.ts'
import type { NameOutcome } from './cluster.ts'
import { adjectives, surnames } from './words.ts'

/**
 * Who has which container name in the whole cluster: living containers, and those being created or renamed.
 * Checking and taking is one step (docker-frontend §6.1, D34).
 */
export class Names {
  /** Names that no container shows yet, by whom they are taken. */
  readonly #reserved = new Map<string, string>()
  /** Ids of the containers that show a name: two only where an agent came back with a name given anew. */
  readonly #shown = new Map<string, Set<string>>()

  /** `holder` is a container's id, or a key of the caller's own for one that has none yet. */
  reserve(name: string, holder: string): NameOutcome {
    const [shown] = this.#shown.get(name) ?? []
    if (shown !== undefined && shown !== holder) return { kind: 'in-use', holder: shown }
    const reserved = this.#reserved.get(name)
    if (reserved !== undefined && reserved !== holder) return { kind: 'in-use', holder: undefined }
    this.#reserved.set(name, holder)
    return { kind: 'taken' }
  }

  /** Reserves a name that `from` shows still, for when that is gone. False: somebody else has it. */
  inherit(name: string, from: string, holder: string): boolean {
    const isOthers = this.idsOf(name).some((id) => id !== from && id !== holder)
    const reserved = this.#reserved.get(name)
    if (isOthers || (reserved !== undefined && reserved !== holder)) return false
    this.#reserved.set(name, holder)
    return true
  }

  /** Gives up a reservation; a name that a container shows stays its own. */
  release(name: string, holder: string): void {
    if (this.#reserved.get(name) === holder) this.#reserved.delete(name)
  }

  show(name: string, id: string): void {
    const ids = this.#shown.get(name)
    if (ids === undefined) this.#shown.set(name, new Set([id]))
    else ids.add(id)
  }

  hide(name: string, id: string): void {
    const ids = this.#shown.get(name)
    ids?.delete(id)
    if (ids?.size === 0) this.#shown.delete(name)
  }

  /** Ids of the containers that show `name`. */
  idsOf(name: string): readonly string[] {
    return [...(this.#shown.get(name) ?? [])]
  }

  isFree(name: string): boolean {
    return !this.#reserved.has(name) && !this.#shown.has(name)
  }
}

/** Draws of `adjective_surname` before a number is added to it. */
const plainDraws = 5

/** A free `adjective_surname`, as Docker names containers; numbered once the plain ones are rare. */
export const generateName = (names: Names, random: Random): string => {
  for (let draw = 0; ; draw++) {
    const name = `${pick(adjectives, random)}_${pick(surnames, random)}`
    const numbered = draw < plainDraws ? name : `${name}${Math.floor(random.next() * 10 ** draw)}`
    if (names.isFree(numbered)) return numbered
  }
}

const pick = (words: readonly string[], random: Random): string =>
  words[Math.floor(random.next() * words.length)] ?? ''
