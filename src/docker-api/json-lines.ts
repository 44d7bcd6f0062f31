/** A longer line is no progress or event of any engine: the stream is broken off. */
export const maxLineBytes = 1024 * 1024

/** The JSON values of a stream that holds one a line. */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<unknown, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxLineBytes) throw new Error(`a line is longer than ${maxLineBytes} bytes`)
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as unknown
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as unknown
}
