import { as, none, type Resources } from '../../resources/resources.ts'
import { atEase, type Cause, type Correction, type Decision } from '../qos/controller.ts'
import { resourcesOf } from './answers.ts'
import { isObject, isText } from './manifest.ts'

/** What estimators and QoS controllers may answer; each reader throws an Error that says what was wanted. */

const readResources = resourcesOf('*')

/** Resources as text, or a list of Resource; all of them are lent, so all are revocable. */
export const estimateOf = (answer: unknown): Resources => {
  const resources = readResources(answer)?.resources ?? none
  if (resources.some(({ reservations }) => reservations.length > 0))
    throw new Error('reserved resources cannot be lent: leave the role out')
  return as(resources, 'revocable')
}

/** How long a decision of a controller may close lending. */
const maxCloseSeconds = 24 * 3600
/** Of one answer; more than an agent has containers. */
const maxCorrections = 10_000

/**
 * A list of corrections, none of which is at ease: `{type: 'kill', task, resource}`, `{type: 'throttle', cpus}`,
 * `{type: 'freeze'}`, `{type: 'close', seconds}`, each with `signal`, `value` and `threshold` to say why. Victims are
 * named as they were shown.
 */
export const correctionsOf =
  (controller: string) =>
  (answer: unknown): Decision<string> => {
    if (answer === undefined || answer === null) return atEase
    if (!Array.isArray(answer)) throw new Error('wanted a list of corrections')
    if (answer.length > maxCorrections)
      throw new Error(`wanted at most ${maxCorrections} corrections`)
    return answer.reduce<Decision<string>>((decision, one, index) => {
      const place = `correction ${index + 1}`
      if (!isObject(one)) throw new Error(`${place}: wanted an object`)
      const read = isText(one['type']) ? readers.get(one['type']) : undefined
      if (read === undefined)
        throw new Error(`${place}: type: wanted ${[...readers.keys()].join(', ')}`)
      const cause = causeOf(controller, place, one)
      return read({ ...decision, cause: decision.cause ?? cause }, one, cause, place)
    }, atEase)
  }

type Json = Readonly<Record<string, unknown>>
type Reader = (
  decision: Decision<string>,
  given: Json,
  cause: Cause,
  place: string,
) => Decision<string>

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    'kill',
    (decision, { task, resource = 'cpus' }, cause, place) => {
      if (!isText(task)) throw new Error(`${place}: task: wanted the id of a task as it was shown`)
      if (resource !== 'cpus' && resource !== 'mem')
        throw new Error(`${place}: resource: wanted cpus or mem`)
      const kill: Correction<string> = { victim: task, resource, ...cause }
      return { ...decision, level: 'kill', kills: [...decision.kills, kill] }
    },
  ],
  ['freeze', (decision) => ({ ...decision, level: worse(decision.level, 'freeze'), frozen: true })],
  [
    'throttle',
    (decision, { cpus }, _, place) => ({
      ...decision,
      level: worse(decision.level, 'throttle'),
      quotaCpus: numberOf(`${place}: cpus`, cpus, { least: 0.01, most: 1e6 }),
    }),
  ],
  [
    'close',
    (decision, { seconds }, _, place) => ({
      ...decision,
      closeForMs:
        1000 * numberOf(`${place}: seconds`, seconds, { least: 0, most: maxCloseSeconds }),
    }),
  ],
])

const severity = ['run', 'throttle', 'freeze', 'kill', 'emergency'] as const
type Level = Decision<string>['level']

const worse = (a: Level, b: Level): Level => (severity.indexOf(a) > severity.indexOf(b) ? a : b)

const causeOf = (controller: string, place: string, given: Json): Cause => {
  const { signal = controller, value = 0, threshold = 0 } = given
  if (!isText(signal)) throw new Error(`${place}: signal: wanted a text`)
  const bounds = { least: -1e15, most: 1e15 }
  return {
    signal,
    value: numberOf(`${place}: value`, value, bounds),
    threshold: numberOf(`${place}: threshold`, threshold, bounds),
  }
}

const numberOf = (
  place: string,
  value: unknown,
  { least, most }: { readonly least: number; readonly most: number },
): number => {
  if (typeof value !== 'number' || !(value >= least && value <= most))
    throw new Error(`${place}: wanted a number from ${least} to ${most}`)
  return value
}
