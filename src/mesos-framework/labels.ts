import type { EngineFacts } from '../mesos/engine-endpoint.ts'
import type { Attribute } from '../mesos/wire.ts'
import { formatRanges, ranges } from '../resources/ranges.ts'

/** Attributes by which an agent tells the framework about itself: no labels of a user. */
const ownAttribute = /^shoal_/

/** Keys that are computed and cannot be set by a label (docker-frontend §7.2). */
const reservedKeys: ReadonlySet<string> = new Set(['node', 'res-type'])

/**
 * What `constraint:KEY` sees of a machine: agent attributes, over them the engine's `--label`s, over all the built-ins.
 * `problems` has a sentence for each engine label that is ignored.
 */
export const nodeLabels = (
  attributes: ReadonlyMap<string, string>,
  engine: EngineFacts | undefined,
): { readonly labels: ReadonlyMap<string, string>; readonly problems: readonly string[] } => {
  const labels = new Map([...attributes].filter(([name]) => !ownAttribute.test(name)))
  const builtIn = engine === undefined ? new Map<string, string>() : builtIns(engine)
  const problems: string[] = []
  for (const label of engine?.labels ?? []) {
    const at = label.indexOf('=')
    const key = label.slice(0, at)
    if (at < 1) problems.push(`engine label "${label}" has no "=": it is ignored`)
    else if (reservedKeys.has(key) || builtIn.has(key))
      problems.push(`engine label "${label}": the key ${key} is reserved, it is ignored`)
    else labels.set(key, label.slice(at + 1))
  }
  for (const key of reservedKeys) labels.delete(key)
  for (const [key, value] of builtIn) labels.set(key, value)
  return { labels, problems }
}

const builtIns = (engine: EngineFacts) =>
  new Map([
    ['storagedriver', engine.storageDriver],
    ['kernelversion', engine.kernelVersion],
    ['operatingsystem', engine.operatingSystem],
    ['ostype', engine.osType],
    ['architecture', engine.architecture],
  ])

/** An attribute's value as text: `west`, `3.5`, `[1-5]`, `{a, b}`. */
export const attributeText = ({ type, text, scalar, ranges: parts, set }: Attribute): string => {
  if (type === 'SCALAR') return String(Math.round((scalar?.value ?? 0) * 1000) / 1000)
  if (type === 'RANGES') return `[${formatRanges(ranges(parts?.range ?? []))}]`
  if (type === 'SET') return `{${(set?.item ?? []).join(', ')}}`
  return text?.value ?? ''
}
