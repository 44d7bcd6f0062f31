/** Node's parsed headers as one text a name. */
export const plainHeaders = (
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> => {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) plain[name] = typeof value === 'string' ? value : value.join(', ')
  return plain
}

/** Names and values in turn, with the order, case and repetitions of the wire (Node's `rawHeaders`). */
export type RawHeaders = readonly string[]

/** By name in lower case: the one value the header shall have, or undefined to remove it. */
export type HeaderChanges = Readonly<Record<string, string | undefined>>

/** Headers of a relayed message: those that concern one connection only are left out (RFC 9110 §7.6.1), then changed. */
export const endToEnd = (headers: RawHeaders, changes: HeaderChanges = {}): string[] => {
  const dropped = new Set([
    ...perConnection,
    ...namedByConnection(headers),
    ...Object.keys(changes),
  ])
  const kept: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = headers.slice(at, at + 2)
    if (!dropped.has(name.toLowerCase())) kept.push(name, value)
  }
  for (const [name, value] of Object.entries(changes))
    if (value !== undefined) kept.push(name, value)
  return kept
}

const perConnection = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

const namedByConnection = (headers: RawHeaders): string[] =>
  headers.flatMap((name, at) =>
    at % 2 === 0 && name.toLowerCase() === 'connection'
      ? (headers[at + 1] ?? '').split(',').map((token) => token.trim().toLowerCase())
      : [],
  )
