import { ping } from './engine-request.ts'

const systemSocket = '/var/run/docker.sock'

/** The socket of an engine that already runs on this machine: DOCKER_HOST's, or the system's. */
export const findEngine = async (
  env: Readonly<Record<string, string | undefined>>,
  { system = systemSocket } = {},
): Promise<string | undefined> => {
  for (const socket of [socketOf(env['DOCKER_HOST'] ?? ''), system]) {
    if (socket !== undefined && (await isEngine(socket))) return socket
  }
  return undefined
}

/** True where a Docker engine answers that is not an endpoint of ours: shoal on shoal would ask itself. */
export const isEngine = async (socket: string): Promise<boolean> => {
  const server = await ping(socket)
  return server !== undefined && !server.startsWith('shoal/')
}

/** The path of `unix:///path`, undefined for every other address. */
export const socketOf = (address: string): string | undefined =>
  /^unix:\/\/(\/.+)$/.exec(address)?.[1]
