import type { FileHandle } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { Clock } from '../../runtime/clock.ts'
import type { Exchange, HttpRequest } from '../../runtime/transport.ts'
import { browse, FilesError, fileAt, filesFailure, placeOf, read } from '../files/access.ts'
import { readAt } from '../files/disk-files.ts'
import type { Place } from '../files/locate.ts'
import { modeText } from '../files/mode.ts'
import { rangeOf, readQuery } from '../files/query.ts'
import type { AgentState } from '../state.ts'
import { reply } from './engine-endpoint.ts'
import { filesView } from './files-view.ts'

export interface FilesPorts {
  readonly state: AgentState
  readonly workDir: string
  readonly logFile: string | undefined
  readonly clock: Clock
}

export const rootsOf = ({ state, workDir, logFile }: Omit<FilesPorts, 'clock'>) => ({
  workDir,
  agentId: state.agentId ?? '',
  logFile,
})

interface Call {
  readonly ports: FilesPorts
  readonly request: HttpRequest
  readonly exchange: Exchange
  readonly query: URLSearchParams
}

/** Mesos' files endpoints (core-agent §9; files/files.cpp), each also with `.json` behind it. */
const endpoints: Readonly<Record<string, (call: Call) => void | Promise<void>>> = {
  browse: async ({ ports, exchange, query }) => {
    const rows = await browse(rootsOf(ports), pathIn(query))
    reply(
      exchange,
      200,
      rows.map((row) => ({ ...row, mode: modeText(row.mode) })),
    )
  },
  read: async ({ ports, exchange, query }) => {
    const asked = readQuery(query)
    const path = pathIn(query)
    if (typeof asked === 'string') throw new FilesError(400, asked)
    const { data, size } = await read(rootsOf(ports), path, asked)
    const offset = asked.offset === -1 ? size : asked.offset
    reply(exchange, 200, { data: data.toString('utf8'), offset })
  },
  download: async (call) => {
    const place = placeOf(rootsOf(call.ports), pathIn(call.query))
    const { handle, size } = await fileAt(place, 'download')
    try {
      await download(call, place, handle, size)
    } finally {
      await handle.close()
    }
  },
  debug: ({ ports, exchange }) => reply(exchange, 200, filesView(ports.state, ports)),
}

const pattern = /^(?:\/slave\(1\))?\/files\/(browse|read|download|debug)(?:\.json)?$/

/** True where the request was one for files; it is answered now or later. */
export const answerFiles = (
  ports: FilesPorts,
  request: HttpRequest,
  exchange: Exchange,
): boolean => {
  const [path = '', text] = request.path.split('?', 2)
  const act = endpoints[pattern.exec(path)?.[1] ?? '']
  if (act === undefined) return false
  if (request.method !== 'GET' && request.method !== 'HEAD') exchange.reply(405, {})
  else void answer(act, { ports, request, exchange, query: new URLSearchParams(text) })
  return true
}

const answer = async (act: (call: Call) => void | Promise<void>, call: Call): Promise<void> => {
  try {
    await act(call)
  } catch (error) {
    const { status, message } = filesFailure(error)
    call.exchange.reply(status, plainText, message)
  }
}

const plainText = { 'content-type': 'text/plain; charset=utf-8' }

const pathIn = (query: URLSearchParams): string => {
  const path = query.get('path') ?? ''
  if (path === '') throw new FilesError(400, "Expecting 'path=value' in query.\n")
  return path
}

/** Read and sent in pieces; a client that does not take them holds up to this much. */
const pieceBytes = 256 * 1024
const maxBufferedBytes = 1024 * 1024
const drainLookMs = 5

const download = async (
  { ports, request, exchange }: Call,
  { run, rest }: Place,
  handle: FileHandle,
  size: number,
): Promise<void> => {
  const span = rangeOf(request.headers['range'], size)
  if (span === 'unsatisfiable')
    return exchange.reply(416, { ...plainText, 'content-range': `bytes */${size}` })
  const { begin, end } = span ?? { begin: 0, end: size }
  const name = basename(rest === '' ? run : rest)
  const headers = {
    'content-type': contentTypes[extname(name)] ?? 'application/octet-stream',
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    'accept-ranges': 'bytes',
    'content-length': String(end - begin),
    ...(span === undefined ? {} : { 'content-range': `bytes ${begin}-${end - 1}/${size}` }),
  }
  const out = exchange.open(span === undefined ? 200 : 206, headers)
  const state = { gone: false }
  out.onClose(() => (state.gone = true))
  let at = request.method === 'HEAD' ? end : begin
  while (at < end && !state.gone) {
    const piece = await readAt(handle, at, Math.min(pieceBytes, end - at))
    if (piece.length === 0) break // It was cut short meanwhile: so is the answer.
    out.write(piece)
    at += piece.length
    while (out.bufferedBytes() > maxBufferedBytes && !state.gone)
      await new Promise<void>((resolve) => ports.clock.after(drainLookMs, resolve))
  }
  out.end()
}

const contentTypes: Readonly<Record<string, string>> = {
  '.txt': 'text/plain',
  '.log': 'text/plain',
  '.html': 'text/html',
  '.json': 'application/json',
  '.csv': 'text/csv',
  '.png': 'image/png',
  '.gz': 'application/gzip',
  '.zip': 'application/zip',
  '.tar': 'application/x-tar',
}
