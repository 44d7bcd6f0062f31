import { crc32 } from 'node:zlib'

/** The version of the lines below; a file of a later one is refused. */
export const logVersion = 1

/** A file that is not a log, or a log that this version cannot read. The message names the file and the remedy. */
export class LogFormatError extends Error {
  override readonly name = 'LogFormatError'
}

/** One value as a line that is JSON itself: an array of the CRC-32 of the value's text, in hex, and the value. */
export const encodeLine = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new TypeError('a record must be a JSON value')
  return `["${checksum(text)}",${text}]\n`
}

export interface LogHeader {
  readonly log: 'shoal'
  readonly version: number
  /** What all records before this file came to; absent in the first file of a folder. */
  readonly snapshot?: unknown
}

export interface LogContent {
  readonly snapshot: unknown
  readonly records: readonly unknown[]
  /** Length of the whole lines whose checksums are right, from the start. */
  readonly goodBytes: number
}

/**
 * Reads a file: a header, then records up to the first line that is torn or damaged. Whatever stands behind that line is
 * not read, even if it looks right: records are only true in order. Throws LogFormatError; `path` is for its message.
 */
export const decodeLog = (bytes: Buffer, path: string): LogContent => {
  const lines = decodeLines(bytes)
  const first = lines.next()
  if (first.done || !isHeader(first.value.value))
    throw new LogFormatError(
      `${path} is not a shoal log, or its first line is damaged: put back a copy, or move the file away to start anew`,
    )
  const header = first.value.value
  if (header.version > logVersion)
    throw new LogFormatError(
      `${path} was written by a later shoal (log version ${header.version}, this one reads up to ${logVersion}): start that version again, or move the file away to start anew`,
    )
  const records: unknown[] = []
  let goodBytes = first.value.end
  for (const { value, end } of lines) {
    records.push(value)
    goodBytes = end
  }
  return { snapshot: header.snapshot, records, goodBytes }
}

const lineFeed = 0x0a
const checksumLength = 8
const textStart = '["'.length + checksumLength + '",'.length

function* decodeLines(bytes: Buffer): Generator<{ value: unknown; end: number }, void, undefined> {
  for (let start = 0; ; ) {
    const feed = bytes.indexOf(lineFeed, start)
    if (feed === -1) return
    const line = bytes.toString('utf8', start, feed)
    const text = line.slice(textStart, -1)
    if (line !== `["${checksum(text)}",${text}]`) return
    start = feed + 1
    yield { value: JSON.parse(text), end: start }
  }
}

const isHeader = (value: unknown): value is LogHeader =>
  typeof value === 'object' &&
  value !== null &&
  'log' in value &&
  value.log === 'shoal' &&
  'version' in value &&
  typeof value.version === 'number'

const checksum = (text: string): string => crc32(text).toString(16).padStart(checksumLength, '0')
