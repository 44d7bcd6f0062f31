import { request as httpRequest } from 'node:http'

export interface EngineRequest {
  readonly method: string
  readonly path: string
  readonly contentType?: string
  readonly body?: Uint8Array
}

export interface EngineAnswer {
  readonly status: number
  /** The `Server` header, such as `Docker/20.10.24 (linux)`. */
  readonly server: string
  readonly body: string
}

const maxAnswerBytes = 16 * 1024 * 1024

/** One whole exchange with the engine behind a unix socket. Rejects after `timeoutMs`, and where nothing listens. */
export const engineRequest = (
  socketPath: string,
  { method, path, contentType, body }: EngineRequest,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<EngineAnswer> =>
  new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        socketPath,
        method,
        path,
        headers: {
          host: 'docker',
          'content-length': body?.length ?? 0,
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
        },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (incoming) => {
        const chunks: Buffer[] = []
        let bytes = 0
        incoming.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          bytes += chunk.length
          if (bytes > maxAnswerBytes)
            incoming.destroy(new Error(`answer longer than ${maxAnswerBytes} bytes`))
        })
        incoming.on('error', reject)
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            server: String(incoming.headers['server'] ?? ''),
            body: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })

const pingTimeoutMs = 2_000

/** The `Server` header of a daemon that answers `/_ping` with 200. */
export const ping = async (socketPath: string): Promise<string | undefined> => {
  try {
    const answer = await engineRequest(
      socketPath,
      { method: 'GET', path: '/_ping' },
      { timeoutMs: pingTimeoutMs },
    )
    return answer.status === 200 ? answer.server : undefined
  } catch {
    return undefined
  }
}
