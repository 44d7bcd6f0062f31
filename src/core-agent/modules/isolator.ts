import { isAbsolute } from 'node:path'
import type { CommandUsage, Limitation, Rlimit } from '../command/containers.ts'
import type { Contained, Isolator } from '../command/isolators/isolator.ts'
import { nothing } from './answers.ts'
import { isObject, isText } from './manifest.ts'
import { type Plugin, PluginError } from './plugin.ts'

/** How long a module may take to prepare a container. */
export const prepareDeadlineMs = 10_000

/**
 * A module as one of the isolators. One that cannot prepare or isolate ends the launch; a failure of the rest is
 * counted, and bounds nothing.
 */
export const moduleIsolator = (plugin: Plugin): Isolator => {
  const now = <T>(
    method: string,
    container: Contained,
    decode: (answer: unknown) => T,
    otherwise: T,
  ): T => (plugin.has(method) ? plugin.now(method, [container], decode) : otherwise)
  const tolerant: typeof now = (method, container, decode, otherwise) => {
    try {
      return now(method, container, decode, otherwise)
    } catch (error) {
      if (!(error instanceof PluginError)) throw error
      return otherwise
    }
  }
  return {
    name: plugin.facts.name,
    prepare: async (container) => {
      if (!plugin.has('prepare')) return
      await plugin.call('prepare', container, { deadlineMs: prepareDeadlineMs, decode: nothing })
    },
    update: (container) => tolerant('update', container, nothing, undefined),
    isolate: (container) => now('isolate', container, waysOf, {}),
    usage: (container) => tolerant('usage', container, usageOf, {}),
    limitation: (container) => tolerant('limitation', container, limitationOf, undefined),
    cleanup: (container) => tolerant('cleanup', container, (done) => done !== false, true),
  }
}

const usageFields = [
  'cpuUserSeconds',
  'cpuSystemSeconds',
  'memoryBytes',
  'processes',
  'diskBytes',
] as const satisfies readonly (keyof CommandUsage)[]

const usageOf = (answer: unknown): CommandUsage => {
  if (answer === undefined) return {}
  if (!isObject(answer)) throw new Error(`wanted an object with ${usageFields.join(', ')}`)
  return Object.fromEntries(
    usageFields.flatMap((field) =>
      typeof answer[field] === 'number' ? [[field, answer[field]]] : [],
    ),
  )
}

const limitationOf = (answer: unknown): Limitation | undefined => {
  if (answer === undefined || answer === null) return undefined
  if (!isObject(answer)) throw new Error('wanted an object with resource, message')
  const { resource, message } = answer
  if (resource !== 'mem' && resource !== 'disk') throw new Error('resource: wanted mem or disk')
  if (!isText(message)) throw new Error('message: wanted a text')
  return { resource, message }
}

const waysOf = (answer: unknown): ReturnType<Isolator['isolate']> => {
  if (answer === undefined || answer === null) return {}
  if (!isObject(answer)) throw new Error('wanted an object with groups, rlimits')
  const { groups = [], rlimits = [] } = answer
  if (!Array.isArray(groups) || !groups.every((one) => isText(one) && isAbsolute(one)))
    throw new Error('groups: wanted absolute paths of cgroup.procs files')
  if (!Array.isArray(rlimits)) throw new Error('rlimits: wanted a list')
  return { groups: groups as readonly string[], rlimits: rlimits.map(rlimitOf) }
}

const rlimitOf = (value: unknown, index: number): Rlimit => {
  const { resource, soft, hard } = isObject(value) ? value : {}
  const isLimit = (limit: unknown): limit is number | undefined =>
    limit === undefined || (Number.isSafeInteger(limit) && Number(limit) >= 0)
  if (!isText(resource) || !/^[a-z]+$/.test(resource) || !isLimit(soft) || !isLimit(hard))
    throw new Error(`rlimits[${index}]: wanted {resource: 'nofile', soft: 1024, hard: 1024}`)
  return { resource, soft, hard }
}
