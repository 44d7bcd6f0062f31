import { isObject, type Json } from './body.ts'
import { ApiError } from './errors.ts'

/** Values by key; a key that is absent does not limit. */
export type Filters = ReadonlyMap<string, readonly string[]>

/** Bounds what one list or stream has to compare with; far above what a client sends. */
const maxFilterValues = 100

/**
 * The `filters` parameter: `{"name":["a","b"]}`, or `{"name":{"a":true}}` as clients before API 1.22 write it.
 * Throws MALFORMED_FILTERS, and INVALID_FILTER for a key that is not in `known`.
 */
export const parseFilters = (query: URLSearchParams, known: readonly string[]): Filters => {
  const text = query.get('filters')
  if (text === null || text === '') return new Map()
  const filters = new Map<string, readonly string[]>()
  for (const [key, value] of Object.entries(parseObject(text))) {
    if (!known.includes(key)) throw new ApiError('INVALID_FILTER', key)
    filters.set(key, parseValues(key, value))
  }
  return filters
}

/** The filters without `keys`, as they are sent on to an engine; undefined when none is left. */
export const withoutKeys = (filters: Filters, keys: readonly string[]): string | undefined => {
  const rest = [...filters].filter(([key]) => !keys.includes(key))
  return rest.length === 0 ? undefined : JSON.stringify(Object.fromEntries(rest))
}

/** True when the key does not limit, or one of its values is accepted: values of one key are joined by "or". */
export const some = (
  filters: Filters,
  key: string,
  accepts: (value: string) => boolean,
): boolean => {
  const values = filters.get(key)
  return values === undefined || values.length === 0 || values.some(accepts)
}

/** `key` or `key=value` entries, all of which must hold (moby `filters.MatchKVList`). */
export const labelsMatch = (
  filters: Filters,
  labels: Readonly<Record<string, string | undefined>>,
): boolean =>
  (filters.get('label') ?? []).every((entry) => {
    const [, key = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(entry) ?? []
    return Object.hasOwn(labels, key) && (value === undefined || labels[key] === value)
  })

const parseObject = (text: string) => {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (error) {
    throw new ApiError('MALFORMED_FILTERS', error instanceof Error ? error.message : String(error))
  }
  if (!isObject(value)) throw new ApiError('MALFORMED_FILTERS', 'not an object')
  return value
}

const parseValues = (key: string, value: Json | undefined): readonly string[] => {
  const values = isObject(value) ? Object.keys(value).filter((name) => value[name] === true) : value
  if (!Array.isArray(values) || !values.every((one) => typeof one === 'string'))
    throw new ApiError('MALFORMED_FILTERS', `the values of ${key} are not a list of texts`)
  if (values.length > maxFilterValues)
    throw new ApiError('MALFORMED_FILTERS', `${key} has more than ${maxFilterValues} values`)
  return values
}
