import type { CommandInfoURI } from '../../mesos/wire.ts'

/** How the fetched file is unpacked; `file`: it is one compressed file. */
export type Packing = 'tar' | 'zip' | 'gzip'

export interface FetchPlan {
  readonly uri: string
  readonly source:
    | { readonly kind: 'path'; readonly path: string }
    | { readonly kind: 'http'; readonly url: string }
  /** Below the sandbox, without `..`. */
  readonly output: string
  readonly executable: boolean
  readonly cache: boolean
  readonly packing: Packing | undefined
}

/** What a URI asks for (mesos.proto, CommandInfo.URI; launcher/fetcher.cpp), or what is wrong with it. Pure. */
export const planFetch = (uri: CommandInfoURI): FetchPlan | { readonly problem: string } => {
  const { value, output_file: named, executable = false, extract = true, cache = false } = uri
  const source = sourceOf(value)
  if (typeof source === 'string') return { problem: source }
  const output = named ?? baseName(source)
  const wrong = outputProblem(output)
  if (wrong !== undefined)
    return {
      problem: named === undefined ? `its last part ${wrong}` : `output_file '${named}' ${wrong}`,
    }
  return {
    uri: value,
    source,
    output,
    executable,
    cache,
    packing: extract && !executable ? packingOf(output) : undefined,
  }
}

const sourceOf = (value: string): FetchPlan['source'] | string => {
  if (value === '' || value.includes('\0')) return 'it is empty or holds a zero character'
  if (value.startsWith('/')) return { kind: 'path', path: value }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase()
  if (scheme === undefined)
    return 'it is relative: give an absolute path, or one of file://, http://, https://'
  if (scheme === 'file') {
    const path = value.slice('file://'.length).replace(/^localhost(?=\/)/, '')
    return path.startsWith('/')
      ? { kind: 'path', path }
      : 'file:// takes an absolute path, such as file:///srv/a.tgz'
  }
  if (scheme !== 'http' && scheme !== 'https')
    return `${scheme}:// is not known to this agent: use file://, http:// or https://`
  return URL.canParse(value) ? { kind: 'http', url: value } : 'it is no valid URL'
}

/** Of a URL the query is no part of the name. */
const baseName = (source: FetchPlan['source']): string => {
  const path = source.kind === 'path' ? source.path : decoded(new URL(source.url).pathname)
  return path.split('/').at(-1) ?? ''
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const outputProblem = (output: string): string | undefined => {
  if (output.startsWith('/')) return 'is absolute: name a path in the sandbox'
  const parts = output.split('/')
  if (output.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'names no file in the sandbox'
  return reserved.has(output) ? 'is a file of the agent’s: choose another name' : undefined
}

/** What the agent itself writes into a sandbox. */
const reserved: ReadonlySet<string> = new Set(['stdout', 'stderr'])

/** By the name's ending, as Mesos goes by it. */
const packingOf = (name: string): Packing | undefined =>
  packings.find(({ ending }) => name.endsWith(ending))?.packing

const packings: readonly { readonly ending: string; readonly packing: Packing }[] = [
  ...['.tar', '.tgz', '.tar.gz', '.tbz2', '.tar.bz2', '.txz', '.tar.xz'].map(
    (ending) => ({ ending, packing: 'tar' }) as const,
  ),
  { ending: '.gz', packing: 'gzip' },
  { ending: '.zip', packing: 'zip' },
]
