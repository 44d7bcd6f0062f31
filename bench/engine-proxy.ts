import { createServer } from 'node:http'
import { relay } from '../src/runtime/relay.ts'

export interface EngineProxy {
  /** `METHOD /path` of every call so far, without its query. */
  readonly calls: readonly string[]
  close(): void
}

/** A second socket of an engine, at which calls are counted. Hijacked streams do not pass. */
export const startEngineProxy = async (socket: string, engine: string): Promise<EngineProxy> => {
  const calls: string[] = []
  const server = createServer((request, response) => {
    const { method = 'GET', url: path = '/' } = request
    calls.push(`${method} ${path.split('?')[0]}`)
    relay(request, response, {
      at: { socketPath: engine },
      path,
      unanswered: (error) => ({ status: 503, headers: {}, body: Buffer.from(error.message) }),
    })
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    calls,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
