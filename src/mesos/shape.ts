import protobuf from 'protobufjs'
import { messageType } from './proto.ts'

/** What the JSON codec must know of a message type, read once from the reflection tree. */
export interface Shape {
  /** Lists that are given and empty are written, as `[]`. */
  readonly writesEmptyLists: boolean
  readonly fields: readonly Field[]
  readonly byName: ReadonlyMap<string, Field>
}

export interface Field {
  readonly name: string
  readonly rule: 'required' | 'optional' | 'repeated' | 'map'
  readonly kind: FieldKind
  /** Written even where unset: a declared default of a field that is not deprecated (W5). */
  readonly written: unknown
}

export type FieldKind =
  /** `most`: of a whole one, either sign. */
  | { readonly type: 'number'; readonly whole: boolean; readonly most: number }
  | { readonly type: 'bool' }
  | { readonly type: 'string' }
  | { readonly type: 'bytes' }
  | {
      readonly type: 'enum'
      readonly names: ReadonlySet<string>
      readonly byNumber: ReadonlyMap<number, string>
    }
  /** A function, since message types refer to themselves (ContainerID.parent). */
  | { readonly type: 'message'; readonly shape: () => Shape }

const shapes = new Map<string, Shape>()

/** The shape of a message type by full name, such as `mesos.v1.scheduler.Call`. */
export const shapeOf = (fullName: string): Shape => {
  const known = shapes.get(fullName)
  if (known !== undefined) return known
  const fields = messageType(fullName).fieldsArray.map(describe)
  const writesEmptyLists = listings.has(fullName.startsWith('.') ? fullName : `.${fullName}`)
  const shape = {
    writesEmptyLists,
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
  }
  shapes.set(fullName, shape)
  return shape
}

/** Answers that Mesos writes by hand, empty lists included, so that its clients count on them. */
const listings: ReadonlySet<string> = new Set(
  ['GetTasks', 'GetExecutors', 'GetFrameworks'].map((name) => `.mesos.v1.agent.Response.${name}`),
)

const describe = (field: protobuf.Field): Field => {
  const options = field.options ?? {}
  const declared = options['default'] !== undefined && options['deprecated'] !== true
  const kind = kindOf(field)
  return {
    name: field.name,
    rule: field instanceof protobuf.MapField ? 'map' : ruleOf(field),
    kind,
    written: declared ? writtenDefault(kind, field) : undefined,
  }
}

const ruleOf = (field: protobuf.Field) =>
  field.repeated ? 'repeated' : field.required ? 'required' : 'optional'

const writtenDefault = (kind: FieldKind, field: protobuf.Field): unknown =>
  kind.type === 'enum' ? kind.byNumber.get(Number(field.defaultValue)) : field.defaultValue

const kindOf = (field: protobuf.Field): FieldKind => {
  const resolved = field.resolvedType
  if (resolved instanceof protobuf.Enum) {
    const entries = Object.entries(resolved.values)
    return {
      type: 'enum',
      names: new Set(entries.map(([name]) => name)),
      byNumber: new Map(entries.map(([name, value]) => [value, name])),
    }
  }
  if (resolved instanceof protobuf.Type) {
    const { fullName } = resolved
    return { type: 'message', shape: () => shapeOf(fullName) }
  }
  if (field.type === 'bool' || field.type === 'string' || field.type === 'bytes')
    return { type: field.type }
  return {
    type: 'number',
    whole: field.type !== 'double' && field.type !== 'float',
    // The time of day in nanoseconds is above 2^53: it is read to the next 256 ns, which nobody waits for.
    most: field.name === 'nanoseconds' ? 2 ** 63 : Number.MAX_SAFE_INTEGER,
  }
}
