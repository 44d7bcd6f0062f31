import { engineAttribute } from '../mesos/engine-endpoint.ts'
import type { Attribute } from '../mesos/wire.ts'
import { parseResources } from '../resources/parse.ts'

/** Path prefix of the engine endpoint on an agent, and the value of its attribute. */
export const enginePrefix = '/engine'

/** Text attribute that tells the master under which address the agent is reached. */
const ipAttribute = 'shoal_ip'

/** Names of the attributes that an agent gives itself. */
export const builtInNames: ReadonlySet<string> = new Set([engineAttribute, ipAttribute])

/**
 * Mesos' `--attributes`: `rack:abc;level:10;keys:[1000-1500]`, scalar, ranges or text; order and duplicates kept
 * (core-agent §1.3). Throws an Error that names the item: a set, or an item without name or value.
 */
export const parseAttributes = (text: string): readonly Attribute[] =>
  text
    .split(';')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map(readAttribute)

/** What every shoal agent says about itself beside its operator's attributes. */
export const builtInAttributes = (advertisedIp: string): readonly Attribute[] => [
  textAttribute(engineAttribute, enginePrefix),
  textAttribute(ipAttribute, advertisedIp),
]

const readAttribute = (item: string): Attribute => {
  const colon = item.indexOf(':')
  const [name, value] = [item.slice(0, colon).trim(), item.slice(colon + 1).trim()]
  if (colon < 1 || name === '' || value === '')
    throw new Error(`"${item}": expected name:value such as rack:abc`)
  if (value.startsWith('{'))
    throw new Error(`"${item}": an attribute is a number, ranges or text, not a set`)
  if (value.startsWith('[')) {
    const [ranges] = parseResources(`${name}:${value}`).resources
    if (ranges?.value.type !== 'RANGES') throw new Error(`"${item}": empty ranges`)
    return { name, type: 'RANGES', ranges: { range: [...ranges.value.ranges] } }
  }
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(value))
    return { name, type: 'SCALAR', scalar: { value: Number(value) } }
  return textAttribute(name, value)
}

const textAttribute = (name: string, value: string): Attribute => ({
  name,
  type: 'TEXT',
  text: { value },
})
