import { CodecError } from './codec-error.ts'
import { type Field, type FieldKind, type Shape, shapeOf } from './shape.ts'

/** Deepest nesting that is read: no real message comes near it, and recursion stays bounded. */
const maxDepth = 64

/**
 * JSON as Mesos reads it (W5): unknown fields ignored, null is unset, numbers and booleans may be strings,
 * a scalar for a repeated field is one element. Throws CodecError in Mesos' words.
 */
export const decodeJson = (fullName: string, bytes: Uint8Array): unknown => {
  const value = parse(bytes)
  const missing: string[] = []
  const message = readMessage(shapeOf(fullName), value, '', 0, missing, shortName(fullName))
  if (missing.length > 0)
    throw conversion(shortName(fullName), `Missing required fields: ${missing.join(', ')}`)
  return message
}

/** JSON as Mesos writes it (W5), on one line and ASCII only (W3). */
export const encodeJson = (fullName: string, message: unknown): Uint8Array =>
  Buffer.from(
    JSON.stringify(writeMessage(shapeOf(fullName), message)).replaceAll(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
    'latin1',
  )

const shortName = (fullName: string): string => fullName.split('.').at(-1) ?? fullName

const conversion = (name: string, why: string): CodecError =>
  new CodecError(`Failed to convert JSON into ${name} protobuf: ${why}`)

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CodecError(`Failed to parse body into JSON: ${why}`, { cause: error })
  }
}

type JsonObject = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const readMessage = (
  shape: Shape,
  value: unknown,
  path: string,
  depth: number,
  missing: string[],
  root: string,
): Record<string, unknown> => {
  if (!isObject(value)) throw conversion(root, `Expecting a JSON object${path && ` for ${path}`}`)
  if (depth > maxDepth) throw conversion(root, `nested deeper than ${maxDepth} levels`)
  const message: Record<string, unknown> = {}
  for (const field of shape.fields) {
    const at = path === '' ? field.name : `${path}.${field.name}`
    const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined
    const read = readField(field, given, at, depth, missing, root)
    if (read !== undefined) message[field.name] = read
    else if (field.rule === 'required') missing.push(at)
  }
  return message
}

const readField = (
  field: Field,
  given: unknown,
  path: string,
  depth: number,
  missing: string[],
  root: string,
): unknown => {
  if (given === undefined || given === null) return undefined
  const one = (value: unknown, at: string) => readValue(field, value, at, depth, missing, root)
  if (field.rule === 'map') {
    if (!isObject(given)) throw conversion(root, `Expecting a JSON object for map ${path}`)
    return Object.fromEntries(
      Object.entries(given)
        .filter(([key, value]) => key !== '__proto__' && value !== null)
        .map(([key, value]) => [key, one(value, `${path}.${key}`)]),
    )
  }
  if (field.rule === 'repeated') {
    const items: readonly unknown[] = Array.isArray(given) ? given : [given]
    return items.flatMap((item, i) => {
      const value = item === null ? undefined : one(item, `${path}[${i}]`)
      return value === undefined ? [] : [value]
    })
  }
  if (Array.isArray(given)) throw conversion(root, `Not expecting a JSON array for ${path}`)
  return one(given, path)
}

const readValue = (
  field: Field,
  value: unknown,
  path: string,
  depth: number,
  missing: string[],
  root: string,
): unknown => {
  const { kind } = field
  if (kind.type === 'message')
    return readMessage(kind.shape(), value, path, depth + 1, missing, root)
  if (kind.type === 'enum') return readEnum(field, kind, value, path, root)
  const read = scalarReaders[kind.type](value, kind)
  if (read === undefined)
    throw conversion(root, `Expecting ${wanted(kind)} for ${path}, not ${show(value)}`)
  return read
}

/** An unknown name in an optional field is unset, in a required one an error (W5). */
const readEnum = (
  field: Field,
  kind: FieldKind & { type: 'enum' },
  value: unknown,
  path: string,
  root: string,
) => {
  if (typeof value === 'string' && kind.names.has(value)) return value
  const named = typeof value === 'number' ? kind.byNumber.get(value) : undefined
  if (named !== undefined) return named
  if (field.rule !== 'required') return undefined
  throw conversion(root, `Failed to find enum for ${show(value)} of ${path}`)
}

const scalarReaders: Readonly<
  Record<'number' | 'bool' | 'string' | 'bytes', (value: unknown, kind: FieldKind) => unknown>
> = {
  number: (value, kind) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number !== 'number' || Number.isNaN(number)) return undefined
    if (kind.type !== 'number' || !kind.whole) return number
    return Number.isInteger(number) && Math.abs(number) <= kind.most ? number : undefined
  },
  bool: (value) => {
    if (typeof value === 'boolean') return value
    return value === 'true' ? true : value === 'false' ? false : undefined
  },
  string: (value) => (typeof value === 'string' ? value : undefined),
  bytes: (value) =>
    typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value)
      ? Buffer.from(value, 'base64')
      : undefined,
}

const wanted = (kind: FieldKind): string =>
  ({
    number: 'a number',
    bool: 'a boolean',
    string: 'a string',
    bytes: 'base64 text',
    enum: 'an enum name',
    message: 'an object',
  })[kind.type]

const show = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 64)

const writeMessage = (shape: Shape, message: unknown): JsonObject => {
  const given = message as JsonObject
  const out: Record<string, unknown> = {}
  for (const { name, rule, kind, written } of shape.fields) {
    const value = given[name] ?? written
    if (value === undefined) continue
    if (rule === 'map')
      out[name] = Object.fromEntries(
        Object.entries(value as JsonObject).map(([key, one]) => [key, writeValue(kind, one)]),
      )
    else if (rule !== 'repeated') out[name] = writeValue(kind, value)
    else if (shape.writesEmptyLists || (value as readonly unknown[]).length > 0)
      out[name] = (value as readonly unknown[]).map((one) => writeValue(kind, one))
  }
  return out
}

const writeValue = (kind: FieldKind, value: unknown): unknown => {
  if (kind.type === 'message') return writeMessage(kind.shape(), value)
  if (kind.type === 'bytes') return Buffer.from(value as Uint8Array).toString('base64')
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return value
}
