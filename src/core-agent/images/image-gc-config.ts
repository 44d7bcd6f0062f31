/** When images go by themselves (core-agent §3.8). */
export interface ImageGcConfig {
  /** Parts of the disk in use, from 0 to 1: above `high` images go until `low` is reached. */
  readonly high: number
  readonly low: number
  /** From one look to the next. */
  readonly intervalMs: number
  /** References that stay. */
  readonly excluded: readonly string[]
}

const fields = [
  'image_disk_headroom',
  'image_disk_target_headroom',
  'image_disk_watch_interval',
  'excluded_images',
] as const

const defaultHeadroom = 0.1
const defaultIntervalNs = 3_600e9
const leastIntervalMs = 1000

/**
 * `--image_gc_config`: JSON of Mesos' ImageGcConfig, and one field of shoal's, `image_disk_target_headroom`: how much is
 * to be free once images had to go, twice `image_disk_headroom` unless said otherwise. Throws with the field that is wrong.
 */
export const parseImageGc = (text: string): ImageGcConfig => {
  const given = objectOf(text)
  const unknown = Object.keys(given).find((key) => !fields.some((field) => field === key))
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${fields.join(', ')}`)
  const headroom = fraction(given, 'image_disk_headroom', defaultHeadroom)
  const target = fraction(given, 'image_disk_target_headroom', Math.min(1, 2 * headroom))
  if (target < headroom)
    throw new Error('image_disk_target_headroom must not be less than image_disk_headroom')
  return {
    high: 1 - headroom,
    low: 1 - target,
    intervalMs: intervalMs(given['image_disk_watch_interval']),
    excluded: excludedOf(given['excluded_images']),
  }
}

const objectOf = (text: string): Readonly<Record<string, unknown>> => {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {}
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Error('wanted a JSON object such as {"image_disk_headroom": 0.1}')
  return given as Readonly<Record<string, unknown>>
}

const fraction = (
  given: Readonly<Record<string, unknown>>,
  field: string,
  fallback: number,
): number => {
  const value = given[field] ?? fallback
  if (typeof value !== 'number' || !(value >= 0 && value <= 1))
    throw new Error(`${field} must be a number from 0 to 1`)
  return value
}

const intervalMs = (given: unknown): number => {
  const { nanoseconds = defaultIntervalNs } = (given ?? {}) as { nanoseconds?: unknown }
  if (typeof nanoseconds !== 'number' || !(nanoseconds / 1e6 >= leastIntervalMs))
    throw new Error('image_disk_watch_interval must be {"nanoseconds": N}, a second at least')
  return Math.floor(nanoseconds / 1e6)
}

/** Mesos' Image messages, of type DOCKER. */
const excludedOf = (given: unknown): readonly string[] => {
  if (given === undefined) return []
  if (!Array.isArray(given)) throw new Error('excluded_images must be a list')
  return given.map((image: unknown) => {
    const name = (image as { docker?: { name?: unknown } } | null)?.docker?.name
    if (typeof name !== 'string' || name === '')
      throw new Error('excluded_images must hold {"type": "DOCKER", "docker": {"name": "busybox"}}')
    return name
  })
}
