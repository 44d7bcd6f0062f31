import { CodecError } from '../../src/mesos/codec-error.ts'
import { encodeProtobuf } from '../../src/mesos/codec-protobuf.ts'
import { type Field, type Shape, shapeOf } from '../../src/mesos/shape.ts'
import type { Random } from '../../src/runtime/random.ts'

/** What a made-up call may name so that some of it is real. */
export interface Known {
  readonly frameworks: readonly string[]
  readonly agents: readonly string[]
  readonly offers: readonly string[]
  readonly tasks: readonly string[]
}

type Message = Readonly<Record<string, unknown>>

const numbers = [0, 1, -1, 0.1, 0.0004, 2, 32, 64, 1e9, 2 ** 53, 1e308, -1e308]
const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]
const words = ['*', 'r1', 'r1/a', 'a', '', '.', '..', '../x', 'a/b', 'a\u0000b', '__proto__']
const longer = ['constructor', 'hasOwnProperty', 'Grüße 🐳', 'x'.repeat(300), '%2e%2e', ' a']
const names = ['cpus', 'mem', 'disk', 'ports', 'gpus', '__proto__', '']

/** Makes up calls by the reflection of their message type: fields that exist, values that are rarely right. */
export class CallMaker {
  readonly #random: Random
  readonly #shape: Shape
  readonly #known: () => Known
  readonly #fullName: string

  constructor(fullName: string, random: Random, known: () => Known) {
    this.#fullName = fullName
    this.#shape = shapeOf(fullName)
    this.#random = random
    this.#known = known
  }

  /** Every call type of the message, the ones that were added yesterday too. */
  get types(): readonly string[] {
    const kind = this.#shape.byName.get('type')?.kind
    return kind?.type === 'enum' ? [...kind.names] : []
  }

  /** A call of that type; `more` is what it should carry as it is. */
  call(type: string, more: Message): Message {
    const body = this.#shape.byName.get(type.toLowerCase())
    const kind = body?.kind
    return {
      type,
      ...(body === undefined || kind?.type !== 'message' || this.#chance(0.02)
        ? {}
        : { [body.name]: this.#message(kind.shape(), body.name, 0) }),
      ...(this.#chance(0.03) ? this.#message(this.#shape, '', 2) : {}),
      ...(this.#chance(0.02) ? {} : more),
    }
  }

  /** As bytes of either wire; undefined where the wire cannot say it. */
  encode(call: Message, isJson: boolean): Uint8Array | undefined {
    if (isJson) return Buffer.from(JSON.stringify(call, forJson))
    try {
      return encodeProtobuf(this.#fullName, call)
    } catch (error) {
      if (error instanceof CodecError) return undefined
      throw error
    }
  }

  #message(shape: Shape, name: string, depth: number): Message {
    if (name === 'task_infos' || name === 'tasks') {
      if (this.#chance(0.6)) return this.#task()
    }
    if (name === 'framework_info' && this.#chance(0.7)) return this.#framework()
    if (name === 'resources' && this.#chance(0.6)) return this.#scalar()
    const message: Record<string, unknown> = {}
    for (const field of shape.fields) {
      const wanted = field.rule === 'required' ? 0.99 : depth < 2 ? 0.6 : depth < 5 ? 0.25 : 0
      if (this.#chance(wanted)) message[field.name] = this.#field(field, name, depth)
    }
    return message
  }

  /** Now and then one that is known: a failover, or an update that is valid. */
  #framework(): Message {
    const [id] = this.#known().frameworks
    return {
      user: 'root',
      name: this.#pick(words),
      roles: ['r1', ...(this.#chance(0.3) ? [this.#text('role')] : [])],
      capabilities: [{ type: 'MULTI_ROLE' }],
      ...(this.#chance(0.5) && id !== undefined ? { id: { value: id } } : {}),
      ...(this.#chance(0.5) ? { failover_timeout: this.#number() } : {}),
    }
  }

  #task(): Message {
    return {
      name: 't',
      task_id: { value: this.#chance(0.5) ? `t${this.#below(50)}` : this.#text('task_id') },
      agent_id: { value: this.#text('agent_id') },
      ...(this.#chance(0.9) ? { command: { value: 'true' } } : {}),
      resources: [this.#scalar(), ...(this.#chance(0.5) ? [this.#scalar()] : [])],
    }
  }

  #scalar(): Message {
    const value = this.#chance(0.7) ? 0.1 * this.#below(4) : this.#number()
    return {
      name: this.#pick(names),
      type: 'SCALAR',
      scalar: { value },
      ...(this.#chance(0.2) ? { revocable: {} } : {}),
    }
  }

  #field(field: Field, parent: string, depth: number): unknown {
    const one = () => this.#value(field, parent, depth)
    if (field.rule === 'repeated') return Array.from({ length: this.#below(3) }, one)
    if (field.rule !== 'map') return one()
    return Object.fromEntries(
      Array.from({ length: this.#below(3) }, () => [this.#text('role'), one()]),
    )
  }

  #value({ kind, name }: Field, parent: string, depth: number): unknown {
    switch (kind.type) {
      case 'number': {
        const number = this.#number()
        return kind.whole && !Number.isSafeInteger(number) ? this.#below(9) : number
      }
      case 'bool':
        return this.#chance(0.5)
      case 'bytes':
        return Buffer.alloc(this.#chance(0.8) ? 16 : this.#below(40), this.#below(256))
      case 'enum':
        return this.#pick([...kind.names])
      case 'message':
        return this.#message(kind.shape(), name, depth + 1)
      case 'string':
        break
    }
    return this.#text(name === 'value' ? parent : name)
  }

  #text(name: string): string {
    const { frameworks, agents, offers, tasks } = this.#known()
    const real: Readonly<Record<string, readonly string[]>> = {
      offer_id: offers,
      offer_ids: offers,
      agent_id: agents,
      framework_id: frameworks,
      task_id: tasks,
      name: names,
    }
    const pool = Object.hasOwn(real, name) ? real[name] : undefined
    if (pool !== undefined && pool.length > 0 && this.#chance(0.8)) return this.#pick(pool)
    return this.#chance(0.9) ? this.#pick(words) : this.#pick(longer)
  }

  #number(): number {
    return this.#chance(0.9) ? this.#pick(numbers) : this.#pick(odd)
  }

  #pick<T>(items: readonly T[]): T {
    // A list of the above is never empty.
    return items[this.#below(items.length)] as T
  }

  #below(n: number): number {
    return Math.floor(this.#random.next() * n)
  }

  #chance(p: number): boolean {
    return this.#random.next() < p
  }
}

/** The same bytes with a few of them changed, some gone, or some twice: cheap, so most inputs are made so. */
export const mutant = (bytes: Uint8Array, random: Random): Uint8Array => {
  const below = (n: number): number => Math.floor(random.next() * n)
  const copy = Buffer.from(bytes)
  const at = below(copy.length)
  const kind = below(8)
  if (kind === 0) return copy.subarray(0, at)
  if (kind === 1) return Buffer.concat([copy.subarray(0, at), copy.subarray(below(at + 1))])
  // Mostly a digit for a digit and a letter for a letter, which leaves the frame whole.
  for (let i = 0; i < kind && copy.length > 0; i++) {
    const place = below(copy.length)
    const byte = copy[place] ?? 0
    const isDigit = byte >= 0x30 && byte <= 0x39
    const isLetter = byte >= 0x61 && byte <= 0x7a
    if (isDigit) copy[place] = 0x30 + below(10)
    else if (isLetter) copy[place] = 0x61 + below(26)
    else if (kind > 5) copy[place] = below(256)
  }
  return copy
}

/** What JSON has no number for goes as text, bytes as base64 (core-master W5). */
const forJson = (_key: string, value: unknown): unknown => {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  // `JSON.stringify` has made a Buffer into this already.
  const bytes = value as { readonly type?: unknown; readonly data?: unknown } | null
  return typeof value === 'object' && bytes?.type === 'Buffer' && Array.isArray(bytes.data)
    ? Buffer.from(bytes.data as number[]).toString('base64')
    : value
}
