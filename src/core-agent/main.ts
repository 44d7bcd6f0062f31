import { mkdir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join, resolve } from 'node:path'
import { frameworkHeader } from '../mesos/engine-endpoint.ts'
import { type Clock, systemClock } from '../runtime/clock.ts'
import { CloseStack } from '../runtime/close-stack.ts'
import { openFileLog } from '../runtime/file-log.ts'
import { relayHijack, relayUpgrade } from '../runtime/hijack.ts'
import { httpTransport } from '../runtime/http-client.ts'
import { serve, serveStream } from '../runtime/http-exchange.ts'
import { plainHeaders } from '../runtime/http-headers.ts'
import { createServer, listen, onUpgrade, serveUnrouted } from '../runtime/http-server.ts'
import { silent } from '../runtime/logger.ts'
import { systemIds, systemRandom } from '../runtime/random.ts'
import { type Onward, relay } from '../runtime/relay.ts'
import { responseOn } from '../runtime/sockets.ts'
import type { HttpResponse } from '../runtime/transport.ts'
import { Agent, type AgentPorts } from './agent.ts'
import { enginePrefix } from './attributes.ts'
import { fileCgroups } from './cgroup-files.ts'
import { systemProbes } from './checks/system-probes.ts'
import { makeIsolators } from './command/isolators/index.ts'
import { measureFolder, ProcessContainers } from './command/process-containers.ts'
import type { AgentConfig } from './config.ts'
import { prepareDisks } from './disks.ts'
import { DockerodeEngine } from './docker/dockerode-engine.ts'
import { diskFetcher } from './fetch/disk-fetcher.ts'
import { readHost } from './host.ts'
import type { Admission } from './http/engine-endpoint.ts'
import { isStreamedCall } from './http/operator-call.ts'
import { imageUsesFile } from './images/image-uses.ts'
import { engineLogs } from './logs/container-logs.ts'
import { decorateMachine } from './modules/decorate-machine.ts'
import { loadModules, type Modules } from './modules/load.ts'
import { folderSandboxes } from './sandboxes/folder-sandboxes.ts'
import { historyFile } from './usage/history-file.ts'

/** Of requests that the agent reads whole; those that it relays have no bound. */
const bodyLimitBytes = 4 * 1024 * 1024
/** The create body of a container may come back in the query of a commit, and labels in filters. */
const maxHeaderBytes = 256 * 1024

/** Of `stdout` and `stderr` each: 50 MB a container at most. */
const rotation = { maxBytes: 10 * 1024 * 1024, files: 5 }

export interface RunningAgent {
  readonly host: string
  readonly port: number
  /** Leaves the containers as they are. */
  close(): Promise<void>
  /** Unregisters and ends every container; `close` comes after it. */
  leave(): Promise<void>
}

/**
 * The agent with its sockets and its engine: the only place here that knows them all. Rejects where the address or
 * the work directory cannot be had.
 */
export const startAgent = async (
  asked: AgentConfig,
  given: Partial<AgentPorts> = {},
): Promise<RunningAgent> => {
  const config = { ...asked, workDir: resolve(asked.workDir) }
  const stack = new CloseStack()
  const logger = given.logger ?? silent
  const clock = given.clock ?? systemClock
  try {
    // Sandboxes in it belong to the users of tasks; what is not theirs is in folders that are closed to them.
    await mkdir(config.workDir, { recursive: true, mode: 0o711 })
    prepareDisks(config.resources.resources)
    const app = createServer({ maxHeaderBytes })
    let agent: Agent | undefined
    serveUnrouted(app, (request, response) => {
      if (agent === undefined) answer(response, 503, 'the agent is starting')
      else void onRequest(agent, config.engineSocket, request, response)
    })
    onUpgrade(app, (request, socket, head) => {
      const refuse = (status: number, message: string) =>
        answer(responseOn(request, socket), status, message)
      if (agent === undefined) return refuse(503, 'the agent is starting')
      void admission(agent, request).then((admitted) => {
        if (admitted.kind === 'refused') refuse(admitted.status, admitted.message)
        else if (admitted.kind === 'application') refuse(400, 'this request cannot be upgraded')
        else relayUpgrade(request, socket, head, onward(config.engineSocket, admitted.path))
      })
    })
    const bound = await listen(app, config.listen)
    stack.push(() => app.close())

    const host = given.host ?? (await readHost(config.workDir))
    const hostname = config.hostname ?? host.hostname
    const modules =
      given.modules ??
      pushed(
        stack,
        await loadModules({ ...config, entries: config.modules, hostname, clock, logger }),
      )
    const transport = given.transport ?? pushed(stack, httpTransport())
    const engine = given.engine ?? new DockerodeEngine({ socketPath: config.engineSocket, clock })
    agent = new Agent(await decorateMachine({ ...config, listen: bound }, modules.hooks, host), {
      clock,
      random: given.random ?? systemRandom,
      ids: given.ids ?? systemIds,
      transport,
      engine,
      cgroups: given.cgroups ?? fileCgroups(config.cgroupsRoot),
      commands: given.commands ?? modules.containers ?? processContainers(config, clock, modules),
      probes: given.probes ?? systemProbes,
      sandboxes: given.sandboxes ?? folderSandboxes(config.workDir),
      logs: given.logs ?? engineLogs({ engine, logger, sink: modules.sink }, rotation),
      fetcher:
        given.fetcher ??
        diskFetcher({
          folder: join(config.workDir, 'fetch'),
          cacheBytes: config.fetcherCacheBytes,
          unpackedBytes: config.fetcherUnpackedBytes,
          clock,
        }),
      log: given.log ?? (await openFileLog(join(config.workDir, 'meta'), { logger })),
      logger,
      host,
      history: given.history ?? historyFile(join(config.workDir, 'meta', 'usage.json')),
      imageUses: given.imageUses ?? imageUsesFile(join(config.workDir, 'meta', 'images.json')),
      modules,
    })
    const started = agent
    stack.push(() => started.close())
    await agent.start()
    return { ...bound, close: () => stack.close(), leave: () => started.leave() }
  } catch (error) {
    await stack.close()
    throw error
  }
}

const processContainers = (
  config: AgentConfig,
  clock: Clock,
  { isolators }: Modules,
): ProcessContainers =>
  new ProcessContainers({
    folder: join(config.workDir, 'containers'),
    isolators: makeIsolators(
      config.isolation,
      {
        cgroupsRoot: config.cgroupsRoot,
        measure: measureFolder,
        enforceDiskQuota: config.enforceDiskQuota,
      },
      isolators,
    ),
    clock,
    diskIntervalMs: config.diskIntervalMs,
  })

const pushed = <T extends { close(): void }>(stack: CloseStack, part: T): T => {
  stack.push(() => part.close())
  return part
}

const onRequest = async (
  agent: Agent,
  socketPath: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const admitted = await admission(agent, request)
  if (admitted.kind === 'refused') return answer(response, admitted.status, admitted.message)
  if (admitted.kind === 'application' && isStreamedCall(request))
    return serveStream(request, response, (head, body, exchange) =>
      agent.answerStream(head, body, exchange),
    )
  if (admitted.kind === 'application')
    return serve(agent.application, request, response, { bodyLimitBytes })
  const to = onward(socketPath, admitted.path)
  if (admitted.hijacked && request.method === 'POST') relayHijack(request, response, to)
  else relay(request, response, to)
}

const admission = async (agent: Agent, request: IncomingMessage): Promise<Admission> => {
  const { method = 'GET', url: path = '/', headers } = request
  return path.startsWith(`${enginePrefix}/`)
    ? agent.admit({ method, path, headers: plainHeaders(headers) })
    : { kind: 'application' }
}

const onward = (socketPath: string, path: string): Onward => ({
  at: { socketPath },
  path,
  requestHeaders: { [frameworkHeader]: undefined },
  unanswered: (error) => errorAnswer(503, `the engine does not answer: ${error.message}`),
})

const answer = (response: ServerResponse, status: number, message: string): void => {
  const { headers, body } = errorAnswer(status, message)
  response.writeHead(status, { ...headers, 'content-length': body.byteLength })
  response.end(body)
}

/** Docker's form of an error. */
const errorAnswer = (status: number, message: string): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ message })),
})
