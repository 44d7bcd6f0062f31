/**
 * Writes `src/mesos/wire.ts`: one TypeScript type for each message and enum of `src/mesos/proto`.
 * The .proto files are the source; a test fails when the two differ. Run: `npm run wire-types`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import protobuf from 'protobufjs'
import { loadProto } from '../src/mesos/proto.ts'

const target = new URL('../src/mesos/wire.ts', import.meta.url)

const scalars: Readonly<Record<string, string>> = {
  double: 'number',
  float: 'number',
  int32: 'number',
  int64: 'number',
  uint32: 'number',
  uint64: 'number',
  bool: 'boolean',
  string: 'string',
  bytes: 'Uint8Array',
}

/** `.mesos.v1.Resource.DiskInfo` is `ResourceDiskInfo`; other packages put their last name first. */
const typeName = (fullName: string): string => {
  const parts = fullName.split('.').filter((part) => part !== '')
  const packages = parts.filter((part) => !/^[A-Z]/.test(part))
  const names = parts.filter((part) => /^[A-Z]/.test(part)).join('')
  const last = packages.at(-1) ?? ''
  return last === 'v1' ? names : `${pascal(last)}${names}`
}

const pascal = (text: string): string =>
  text.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())

const fieldType = (field: protobuf.Field): string => {
  const one =
    field.resolvedType === null
      ? (scalars[field.type] ?? 'never')
      : typeName(field.resolvedType.fullName)
  if (field instanceof protobuf.MapField) return `Readonly<Record<string, ${one}>>`
  return field.repeated ? `readonly ${one}[]` : one
}

const render = (scope: protobuf.NamespaceBase): string[] =>
  scope.nestedArray.flatMap((item) => {
    if (item instanceof protobuf.Enum) {
      const names = Object.keys(item.values).map((name) => `  | '${name}'`)
      return [`export type ${typeName(item.fullName)} =\n${names.join('\n')}\n`]
    }
    if (item instanceof protobuf.Type) {
      const lines = item.fieldsArray.map((field) =>
        field.required
          ? `  readonly ${field.name}: ${fieldType(field)}`
          : `  readonly ${field.name}?: ${fieldType(field)} | undefined`,
      )
      const body = lines.length === 0 ? 'Record<never, never>' : `{\n${lines.join('\n')}\n}`
      return [`export type ${typeName(item.fullName)} = ${body}\n`, ...render(item)]
    }
    return item instanceof protobuf.Namespace ? render(item) : []
  })

export const wireTypes = (): string => {
  const header =
    '// Written by scripts/wire-types.ts from src/mesos/proto: change those files, not this one.\n'
  return `${header}\n${render(loadProto()).join('\n')}`
}

if (process.argv[1]?.endsWith('wire-types.ts')) {
  const text = wireTypes()
  let before = ''
  try {
    before = readFileSync(target, 'utf8')
  } catch {}
  if (before !== text) writeFileSync(target, text)
}
