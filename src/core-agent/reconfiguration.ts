import type { Attribute, DomainInfo } from '../mesos/wire.ts'
import {
  contains,
  isEmpty,
  type Resource,
  type Resources,
  reservationRole,
} from '../resources/resources.ts'
import { formatValue } from '../resources/values.ts'
import { builtInNames } from './attributes.ts'

/** What may change between two starts of one agent (core-agent §2.4); `any` is additive or more. */
export const reconfigurationPolicies = ['equal', 'additive', 'any'] as const
export type ReconfigurationPolicy = (typeof reconfigurationPolicies)[number]

/** What an agent says of itself at every subscription, beside its state. */
export interface Description {
  readonly hostname: string
  readonly port: number
  /** Regular ones: what is lent comes from the estimator. */
  readonly resources: Resources
  readonly attributes: readonly Attribute[]
  readonly domain?: DomainInfo | undefined
}

/** How the new description came about. */
export interface Given {
  readonly policy: ReconfigurationPolicy
  /** Names of resources that were detected: their amounts waver from boot to boot. */
  readonly detected: ReadonlySet<string>
  /** The port was left to the machine, so it says nothing. */
  readonly anyPort: boolean
}

export interface Reconfiguration {
  /** The new resources, where detection wavered with the old amounts. */
  readonly resources: Resources
  /** What an additive policy, or an equal one, does not allow; none: the agent may go on under its id. */
  readonly differences: readonly Difference[]
}

export interface Difference {
  readonly of: 'hostname' | 'port' | 'domain' | 'resources' | 'attributes'
  /** Such as `cpus was 4 and is 2`. */
  readonly text: string
}

/** Whether what runs can go on under the new description: it fits, and nothing that it was placed by differs. */
export const mayStay = (
  differences: readonly Difference[],
  used: Resources,
  resources: Resources,
): boolean =>
  isEmpty(used) ||
  (contains(resources, used) && differences.every(({ of }) => of === 'resources' || of === 'port'))

/** Compares what an agent was with what it is started as (core-agent §2.4). Pure. */
export const reconfigure = (
  before: Description,
  now: Description,
  { policy, detected, anyPort }: Given,
): Reconfiguration => {
  const resources = now.resources.map((resource) => steady(before.resources, resource, detected))
  const settled = { ...now, resources, port: anyPort ? before.port : now.port }
  const isEqual = policy === 'equal'
  const texts: Readonly<Record<Difference['of'], readonly string[]>> = {
    hostname: differing('hostname', before.hostname, now.hostname),
    port: differing('port', before.port, settled.port),
    domain: domainProblems(before.domain, now.domain, isEqual),
    resources: [
      ...lost(before.resources, settled.resources, 'is'),
      ...(isEqual ? lost(settled.resources, before.resources, 'was') : []),
    ],
    attributes: [
      ...attributesLost(before.attributes, now.attributes),
      ...(isEqual ? attributesGained(before, now) : []),
    ],
  }
  const differences = (Object.keys(texts) as Difference['of'][]).flatMap((of) =>
    [...new Set(texts[of])].map((text) => ({ of, text })),
  )
  return { resources, differences }
}

/** A detected amount that fell by no more than this stays what it was. */
const toleranceMilli = 10

const steady = (before: Resources, resource: Resource, detected: ReadonlySet<string>): Resource => {
  const old = before.find((one) => isSame(one, resource))
  if (!detected.has(resource.name) || old?.value.type !== 'SCALAR') return resource
  if (resource.value.type !== 'SCALAR' || resource.value.milli >= old.value.milli) return resource
  const least = (old.value.milli * (1000 - toleranceMilli)) / 1000
  return resource.value.milli >= least ? old : resource
}

const isSame = (a: Resource, b: Resource): boolean =>
  a.name === b.name && a.disk?.root === b.disk?.root && reservationRole(a) === reservationRole(b)

const differing = <T extends string | number>(what: string, before: T, now: T): string[] =>
  before === now ? [] : [`${what} was ${before} and is ${now}`]

const domainProblems = (
  before: DomainInfo | undefined,
  now: DomainInfo | undefined,
  isEqual: boolean,
): string[] =>
  before === undefined && !isEqual ? [] : differing('domain', domainText(before), domainText(now))

const domainText = (domain: DomainInfo | undefined): string => {
  const fault = domain?.fault_domain
  return fault === undefined ? 'none' : `${fault.region.name}/${fault.zone.name}`
}

/** Every amount of `whole` that `part` does not cover; `verb` says which of the two is the present. */
const lost = (whole: Resources, part: Resources, verb: 'is' | 'was'): string[] =>
  whole
    .filter((resource) => !contains(part, [resource]))
    .map((resource) => {
      const other = part.find((one) => isSame(one, resource))
      const [mine, its] = [formatValue(resource.value), other && formatValue(other.value)]
      const [before, now] = verb === 'is' ? [mine, its] : [its, mine]
      return `${nameOf(resource)} was ${before ?? 'absent'} and is ${now ?? 'absent'}`
    })

const nameOf = (resource: Resource): string => {
  const role = reservationRole(resource)
  return role === '*' ? resource.name : `${resource.name}(${role})`
}

/** The operator's own; an address may change, and who moves takes the id along. */
const own = (attributes: readonly Attribute[]): readonly Attribute[] =>
  attributes.filter(({ name }) => !builtInNames.has(name))

const attributesLost = (before: readonly Attribute[], now: readonly Attribute[]): string[] =>
  own(before)
    .filter((old) => !now.some((attribute) => grewFrom(attribute, old)))
    .map((old) => {
      const other = now.find(({ name }) => name === old.name)
      return `attribute ${old.name} was ${attributeText(old)} and is ${attributeText(other)}`
    })

const attributesGained = (before: Description, now: Description): string[] =>
  own(now.attributes)
    .filter((attribute) => !before.attributes.some((old) => grewFrom(old, attribute)))
    .map((attribute) => {
      const old = before.attributes.find(({ name }) => name === attribute.name)
      return `attribute ${attribute.name} was ${attributeText(old)} and is ${attributeText(attribute)}`
    })

/** Of the same name and type, and equal; ranges may have grown. */
const grewFrom = (attribute: Attribute, old: Attribute): boolean => {
  if (attribute.name !== old.name || attribute.type !== old.type) return false
  if (attribute.type !== 'RANGES') return attributeText(attribute) === attributeText(old)
  return (old.ranges?.range ?? []).every((part) =>
    (attribute.ranges?.range ?? []).some(
      (whole) => whole.begin <= part.begin && part.end <= whole.end,
    ),
  )
}

const attributeText = (attribute: Attribute | undefined): string => {
  if (attribute === undefined) return 'absent'
  const { text, scalar, ranges } = attribute
  const parts = (ranges?.range ?? []).map(({ begin, end }) => `${begin}-${end}`)
  return text?.value ?? String(scalar?.value ?? `[${parts.join(', ')}]`)
}
