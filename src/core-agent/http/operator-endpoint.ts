import type { Readable } from 'node:stream'
import { type Answer, text } from '../../mesos/answers.ts'
import type { AgentCall, AgentCallType, AgentResponse, ContainerID } from '../../mesos/wire.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Exchange, HttpRequest } from '../../runtime/transport.ts'
import { EngineError, EngineUnavailableError } from '../docker/engine.ts'
import { browse, filesFailure, read } from '../files/access.ts'
import type { Roots } from '../files/locate.ts'
import { maxReadBytes } from '../files/query.ts'
import type { ImageCollector } from '../images/image-collector.ts'
import { attachInput, targetOf } from '../sessions/attach-input.ts'
import { SessionError, type SessionPorts, Sessions } from '../sessions/sessions.ts'
import { rootsOf } from './files-endpoint.ts'
import { LoggingLevel } from './logging-level.ts'
import { operatorAnswers } from './operator-answers.ts'
import { checkOperatorRequest, type OperatorRequest, recordIoType } from './operator-call.ts'
import type { ViewSource } from './view-source.ts'

export interface OperatorPorts extends SessionPorts {
  readonly logger: Logger
  readonly images: Pick<ImageCollector, 'prune'>
  source(): ViewSource
}

type StreamRequest = Extract<OperatorRequest, { kind: 'stream' }>

/** `POST /api/v1` of an agent (core-agent §9): what operators see and change, JSON or protobuf. */
export class OperatorEndpoint {
  readonly #ports: OperatorPorts
  readonly #logging: LoggingLevel
  readonly #sessions: Sessions

  constructor(ports: OperatorPorts) {
    this.#ports = ports
    this.#sessions = new Sessions(ports)
    this.#logging = new LoggingLevel(ports)
  }

  answer(request: HttpRequest, exchange: Exchange): void {
    const checked = checkOperatorRequest(request)
    if (checked.kind === 'refused') return send(exchange, checked.answer)
    if (checked.kind === 'stream') return this.#stream(checked, exchange)
    const { callType, call, codec } = checked
    const done = (response: AgentResponse | undefined) =>
      response === undefined
        ? exchange.reply(200, {})
        : exchange.reply(200, { 'content-type': codec.mediaType }, codec.encode(response))
    const seen = operatorAnswers[callType]
    if (seen !== undefined) return done(seen(this.#ports.source()))
    const act = this.#acts[callType]
    if (act === undefined) return send(exchange, notImplemented(callType))
    act(call).then(done, (error: unknown) => refuse(exchange, error))
  }

  /** ATTACH_CONTAINER_INPUT: its records come on `body`, for as long as its client likes. */
  answerStream(request: Omit<HttpRequest, 'body'>, body: Readable, exchange: Exchange): void {
    void attachInput(this.#sessions, request, body).then(({ status, headers, body: told }) =>
      // What is left of the request is not read: the connection ends with the answer.
      exchange.reply(status, { ...headers, connection: 'close' }, told),
    )
  }

  #stream({ call, answers }: StreamRequest, exchange: Exchange): void {
    const open = () => ({
      outflow: exchange.open(200, answers.headers),
      codec: answers.codec,
    })
    const { launch_nested_container_session: session, attach_container_output: attach } = call
    const done =
      session === undefined
        ? this.#sessions.read(targetOf(attach?.container_id), open)
        : this.#sessions.launch(
            {
              id: session.container_id.value,
              parent: session.container_id.parent?.value ?? '',
              command: session.command ?? {},
              container: session.container,
            },
            open,
          )
    done.catch((error: unknown) => refuse(exchange, error))
  }

  close(): void {
    this.#logging.close()
    this.#sessions.close()
  }

  readonly #acts: Readonly<
    Partial<Record<AgentCallType, (call: AgentCall) => Promise<AgentResponse | undefined>>>
  > = {
    GET_LOGGING_LEVEL: async () => ({
      type: 'GET_LOGGING_LEVEL',
      get_logging_level: { level: this.#logging.level },
    }),
    SET_LOGGING_LEVEL: async ({ set_logging_level: wanted }) => {
      if (wanted !== undefined)
        this.#logging.set(wanted.level, Math.ceil(wanted.duration.nanoseconds / 1e6))
      return undefined
    },
    LIST_FILES: async ({ list_files: { path } = { path: '' } }) => {
      const rows = await browse(this.#roots(), path)
      const file_infos = rows.map(({ mtime, ...row }) => ({
        ...row,
        mtime: { nanoseconds: mtime * 1e9 },
      }))
      return { type: 'LIST_FILES', list_files: { file_infos } }
    },
    READ_FILE: async ({ read_file: asked = { path: '', offset: 0 } }) => {
      const length = Math.min(asked.length ?? maxReadBytes, maxReadBytes)
      const { data, size } = await read(this.#roots(), asked.path, {
        offset: asked.offset,
        length,
      })
      return { type: 'READ_FILE', read_file: { size, data } }
    },
    PRUNE_IMAGES: async ({ prune_images: asked }) => {
      const excluded = (asked?.excluded_images ?? []).flatMap(({ docker }) => docker?.name ?? [])
      await this.#ports.images.prune(excluded)
      return undefined
    },
    ATTACH_CONTAINER_INPUT: () =>
      Promise.reject(
        new SessionError(
          415,
          `Expecting 'Content-Type' of ${recordIoType} for ATTACH_CONTAINER_INPUT`,
        ),
      ),
    WAIT_NESTED_CONTAINER: async ({ wait_nested_container: asked }) => ({
      type: 'WAIT_NESTED_CONTAINER',
      wait_nested_container: await this.#wait(asked?.container_id),
    }),
    WAIT_CONTAINER: async ({ wait_container: asked }) => ({
      type: 'WAIT_CONTAINER',
      wait_container: await this.#wait(asked?.container_id),
    }),
    KILL_NESTED_CONTAINER: async ({ kill_nested_container: asked }) =>
      this.#kill(asked?.container_id, asked?.signal),
    KILL_CONTAINER: async ({ kill_container: asked }) =>
      this.#kill(asked?.container_id, asked?.signal),
    REMOVE_NESTED_CONTAINER: async ({ remove_nested_container: asked }) =>
      this.#remove(asked?.container_id),
    REMOVE_CONTAINER: async ({ remove_container: asked }) => this.#remove(asked?.container_id),
  }

  async #wait(id: ContainerID | undefined) {
    const exitCode = await this.#sessions.wait(targetOf(id))
    return exitCode === undefined ? {} : { exit_status: waitStatus(exitCode) }
  }

  async #kill(id: ContainerID | undefined, signal: number | undefined): Promise<undefined> {
    await this.#sessions.kill(targetOf(id), signal)
  }

  #remove(id: ContainerID | undefined): undefined {
    this.#sessions.remove(targetOf(id))
  }

  #roots(): Roots {
    const { state, config } = this.#ports.source()
    return rootsOf({ state, ...config })
  }
}

/** As wait(2) has it, which is what Mesos sends: an exit code above 128 is the signal that a shell means by it. */
const waitStatus = (exitCode: number): number =>
  exitCode > 128 && exitCode <= 192 ? exitCode - 128 : exitCode << 8

const refuse = (exchange: Exchange, error: unknown): void => {
  if (error instanceof EngineUnavailableError) return send(exchange, text(503, error.message))
  const isTold = error instanceof SessionError || error instanceof EngineError
  const { status, message } = isTold ? error : filesFailure(error)
  send(exchange, text(status, message))
}

const notImplemented = (callType: AgentCallType): Answer =>
  text(501, callType === 'UNKNOWN' ? '501 Not Implemented.' : `${callType} is not implemented`)

const send = (exchange: Exchange, { status, headers, body }: Answer): void =>
  exchange.reply(status, headers, body)
