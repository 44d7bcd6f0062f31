/** One entry of an archive; a folder's path ends with a slash. */
export type TarEntry =
  | { readonly path: `${string}/`; readonly mode: number }
  | { readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly path: string; readonly linkTo: string }

const blockBytes = 512
const endOfArchive = Buffer.alloc(2 * blockBytes)

/** An archive in ustar form (POSIX.1-1988), everything owned by root and dated 1970, so that equal input gives equal bytes. */
export const tar = (entries: readonly TarEntry[]): Buffer =>
  Buffer.concat([...entries.flatMap(render), endOfArchive])

const render = (entry: TarEntry): Buffer[] => {
  if ('linkTo' in entry) return [header(entry.path, '2', 0o777, 0, entry.linkTo)]
  if (!('content' in entry)) return [header(entry.path, '5', entry.mode, 0, '')]
  const { content } = entry
  const padding = Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes)
  return [header(entry.path, '0', entry.mode, content.length, ''), Buffer.from(content), padding]
}

const header = (
  path: string,
  type: string,
  mode: number,
  bytes: number,
  linkTo: string,
): Buffer => {
  const block = Buffer.alloc(blockBytes)
  if (path.length > 100 || linkTo.length > 100)
    throw new RangeError(`a path in the archive is longer than 100: ${path}`)
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
  block.write(path, 0)
  block.write(octal(mode, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(bytes, 11), 124)
  block.write(octal(0, 11), 136)
  block.write('        ', 148) // The checksum is taken with blanks in its place.
  block.write(type, 156)
  block.write(linkTo, 157)
  block.write('ustar\u000000', 257)
  const checksum = block.reduce((sum, byte) => sum + byte, 0)
  block.write(`${octal(checksum, 6)}\u0000 `, 148)
  return block
}
