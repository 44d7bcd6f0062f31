/** 16 pages: what one answer of `/files/read` holds at most. */
export const maxReadBytes = 16 * 4096

/** What a read asks for; -1 stands for the end of the file, which is only told. */
export interface ReadQuery {
  readonly offset: number
  readonly length: number
}

/** Offset and length of `/files/read`, or the text of a 400 (files/files.cpp). Pure. */
export const readQuery = (query: URLSearchParams): ReadQuery | string => {
  const offset = numberOf(query, 'offset')
  if (typeof offset === 'string') return offset
  const length = numberOf(query, 'length')
  if (typeof length === 'string') return length
  return { offset, length: length === -1 ? maxReadBytes : Math.min(length, maxReadBytes) }
}

const numberOf = (query: URLSearchParams, name: string): number | string => {
  const text = query.get(name)
  if (text === null) return -1
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(number))
    return `Failed to parse ${name}: Failed to convert '${text}' to number.\n`
  return number < -1 ? `Negative ${name} provided: ${number}.\n` : number
}

/** Bytes of a file from `begin` to before `end`. */
export interface Span {
  readonly begin: number
  readonly end: number
}

/**
 * The one range that a Range header names (RFC 9110 §14.2). Undefined: send all, also for what is malformed or names
 * several. `unsatisfiable`: it begins behind the end.
 */
export const rangeOf = (
  header: string | undefined,
  size: number,
): Span | 'unsatisfiable' | undefined => {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  const begin = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  if (first !== '' && last !== '' && Number(last) < begin) return undefined
  return begin >= size || begin >= end ? 'unsatisfiable' : { begin, end }
}
