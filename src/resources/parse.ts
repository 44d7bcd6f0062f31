import { overlap, type Range, ranges } from './ranges.ts'
import { type Resource, type Resources, resources } from './resources.ts'
import { roleProblem } from './roles.ts'
import { milli } from './scalar.ts'
import type { Value } from './values.ts'

/** What is wrong with a resource text, in words that name the item and the remedy. */
export class ResourceTextError extends Error {
  override readonly name = 'ResourceTextError'
}

/** The parsed list and every name it mentions: `cpus:0` is empty yet stops detection (core-agent §1.1). */
export interface ParsedResources {
  readonly resources: Resources
  readonly mentioned: ReadonlySet<string>
}

/**
 * Text form of Mesos' `--resources`: `cpus:2;mem(role):1024;ports:[31000-32000]` (core-master R6).
 * Items without a role get `defaultRole`; a role other than `*` is a static reservation.
 * Throws ResourceTextError that names the offending item.
 */
export const parseResources = (text: string, defaultRole = '*'): ParsedResources => {
  const parts: Resource[] = []
  const types = new Map<string, Value['type']>()
  for (const item of text.split(';').map((part) => part.trim())) {
    if (item === '') continue
    const { name, role, value } = parseItem(item)
    const seen = types.get(name)
    if (seen !== undefined && seen !== value.type)
      throw new ResourceTextError(`"${item}": ${name} was ${seen} before and is ${value.type} here`)
    types.set(name, value.type)
    if (name === 'gpus' && value.type === 'SCALAR' && value.milli % 1000 !== 0)
      throw new ResourceTextError(`"${item}": gpus are counted in whole numbers`)
    parts.push({
      name,
      value,
      reservations: reservationsFor(item, role ?? defaultRole),
      revocable: false,
    })
  }
  return { resources: resources(parts), mentioned: new Set(types.keys()) }
}

const itemPattern = /^([^:(){}[\]\s]+)\s*(?:\(([^()]*)\))?\s*:([^:]*)$/

const parseItem = (item: string) => {
  const match = itemPattern.exec(item)
  if (match === null)
    throw new ResourceTextError(`"${item}": expected name:value or name(role):value`)
  const [, name = '', role, text = ''] = match
  return { name, role: role?.trim(), value: parseValue(item, text.trim()) }
}

const parseValue = (item: string, text: string): Value => {
  if (text.startsWith('[') && text.endsWith(']')) {
    return { type: 'RANGES', ranges: parseRanges(item, partsOf(text)) }
  }
  if (text.startsWith('{') && text.endsWith('}')) {
    const items = partsOf(text)
    if (items.some((one) => one === '')) throw new ResourceTextError(`"${item}": empty set item`)
    if (new Set(items).size < items.length)
      throw new ResourceTextError(`"${item}": a set names an item twice`)
    return { type: 'SET', items: [...items].sort() }
  }
  if (!/^\d+(\.\d+)?$|^\.\d+$/.test(text))
    throw new ResourceTextError(
      `"${item}": expected a number such as 2 or 0.5, a range such as [31000-32000] or a set such as {a,b}`,
    )
  if (!Number.isSafeInteger(Math.round(Number(text) * 1000)))
    throw new ResourceTextError(`"${item}": more than any machine has, give a smaller amount`)
  const amount = milli(Number(text))
  if (amount === 0 && Number(text) !== 0)
    throw new ResourceTextError(`"${item}": less than 0.001 cannot be counted`)
  return { type: 'SCALAR', milli: amount }
}

/** What the brackets hold, parted by commas. */
const partsOf = (text: string): readonly string[] =>
  text
    .slice(1, -1)
    .split(',')
    .map((part) => part.trim())

const parseRanges = (item: string, texts: readonly string[]) => {
  const parts: Range[] = texts
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(\d+)\s*-\s*(\d+)$/.exec(part)
      const [begin, end] = [Number(match?.[1]), Number(match?.[2])]
      if (match === null || begin > end || !Number.isSafeInteger(end))
        throw new ResourceTextError(`"${item}": expected ranges such as [31000-32000]`)
      return { begin, end }
    })
  if (overlap(parts))
    throw new ResourceTextError(`"${item}": overlapping ranges, name each number once`)
  return ranges(parts)
}

const reservationsFor = (item: string, role: string) => {
  if (role === '*') return []
  const problem = roleProblem(role)
  if (problem !== undefined) throw new ResourceTextError(`"${item}": ${problem}`)
  return [{ type: 'STATIC', role }] as const
}
