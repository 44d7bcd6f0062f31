import { codecs } from '../../mesos/codec.ts'
import { CodecError } from '../../mesos/codec-error.ts'
import type { Attribute, ContainerStatus, Labels } from '../../mesos/wire.ts'
import type { ParsedResources } from '../../resources/parse.ts'
import { parseAttributes } from '../attributes.ts'
import { parseAgentResources } from '../resources.ts'
import { isObject, isText } from './manifest.ts'

/** What hooks may answer; each reader throws an Error that says what was wanted. Nothing at all changes nothing. */

export type Environment = Readonly<Record<string, string>>

export const environmentOf = (answer: unknown): Environment => {
  if (isNothing(answer)) return {}
  if (!isObject(answer)) throw new Error('wanted an object such as {"NAME": "value"}')
  for (const [name, value] of Object.entries(answer)) {
    if (name === '' || /[=\0]/.test(name))
      throw new Error(`"${name}" cannot be the name of an environment variable`)
    if (typeof value !== 'string' || value.includes('\0'))
      throw new Error(`environment variable ${name}: wanted a text without a zero character`)
  }
  return answer as Environment
}

export interface LaunchAnswer {
  /** Why the task must not run. */
  readonly reject?: string
  readonly environment: Environment
}

/** `{reject}`, or `{executorEnvironment, taskEnvironment}`: both are for the one container that a docker task has. */
export const launchOf = (answer: unknown): LaunchAnswer => {
  if (isNothing(answer)) return { environment: {} }
  const fields = known(answer, ['reject', 'executorEnvironment', 'taskEnvironment'])
  return {
    ...rejection(fields['reject']),
    environment: {
      ...environmentOf(fields['executorEnvironment']),
      ...environmentOf(fields['taskEnvironment']),
    },
  }
}

export interface CreateAnswer {
  readonly reject?: string
  readonly body?: Readonly<Record<string, unknown>>
}

/** `{reject}`, or `{body}`: the whole create body. */
export const createOf = (answer: unknown): CreateAnswer => {
  if (isNothing(answer)) return {}
  const { reject, body } = known(answer, ['reject', 'body'])
  if (body !== undefined && !isObject(body)) throw new Error('body: wanted an object')
  return { ...rejection(reject), ...(isObject(body) ? { body } : {}) }
}

/** Mesos' Labels. */
export const labelsOf = (answer: unknown): Labels | undefined =>
  isNothing(answer) ? undefined : read(labels, 'labels', answer)

export interface StatusAnswer {
  readonly labels?: Labels
  readonly container_status?: ContainerStatus
}

/** What of a status a hook may say; the rest is the agent's word. */
export const statusOf = (answer: unknown): StatusAnswer => {
  if (isNothing(answer)) return {}
  const fields = known(answer, ['labels', 'container_status'])
  return {
    ...(fields['labels'] === undefined ? {} : { labels: read(labels, 'labels', fields['labels']) }),
    ...(fields['container_status'] === undefined
      ? {}
      : {
          container_status: read(containerStatus, 'container_status', fields['container_status']),
        }),
  }
}

/** As `--resources` takes them: text, or a list of Resource. */
export const resourcesOf =
  (defaultRole: string) =>
  (answer: unknown): ParsedResources | undefined => {
    if (isNothing(answer)) return undefined
    if (typeof answer !== 'string' && !Array.isArray(answer))
      throw new Error('wanted resources as text, such as cpus:4, or as a list of Resource')
    return parseAgentResources(
      typeof answer === 'string' ? answer : JSON.stringify(answer),
      defaultRole,
    )
  }

/** As `--attributes` takes them: text, or a list of Attribute. */
export const attributesOf = (answer: unknown): readonly Attribute[] | undefined => {
  if (isNothing(answer)) return undefined
  if (typeof answer === 'string') return parseAttributes(answer)
  if (!Array.isArray(answer))
    throw new Error('wanted attributes as text, such as rack:a, or as a list of Attribute')
  return answer.map((one, index) => read(attribute, `attribute ${index + 1}`, one))
}

export const nothing = (): undefined => undefined

const isNothing = (answer: unknown): answer is undefined | null =>
  answer === undefined || answer === null

const known = (answer: unknown, fields: readonly string[]): Readonly<Record<string, unknown>> => {
  if (!isObject(answer)) throw new Error(`wanted an object with ${fields.join(', ')}`)
  const unknown = Object.keys(answer).find((field) => !fields.includes(field))
  if (unknown !== undefined) throw new Error(`${unknown}: wanted only ${fields.join(', ')}`)
  return answer
}

const rejection = (reject: unknown): { readonly reject?: string } => {
  if (reject === undefined) return {}
  if (!isText(reject)) throw new Error('reject: wanted the reason as a text')
  return { reject }
}

const labels = codecs<Labels>('mesos.v1.Labels')['application/json']
const attribute = codecs<Attribute>('mesos.v1.Attribute')['application/json']
const containerStatus = codecs<ContainerStatus>('mesos.v1.ContainerStatus')['application/json']

const read = <T>(codec: { decode(bytes: Uint8Array): T }, place: string, value: unknown): T => {
  try {
    return codec.decode(Buffer.from(JSON.stringify(value)))
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    throw new Error(`${place}: ${error.message}`, { cause: error })
  }
}
