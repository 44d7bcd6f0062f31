import { type Answer, text } from '../../mesos/answers.ts'
import type { AgentCall, AgentCallType, AgentResponse } from '../../mesos/wire.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Exchange, HttpRequest } from '../../runtime/transport.ts'
import { browse, filesFailure, read } from '../files/access.ts'
import type { Roots } from '../files/locate.ts'
import { maxReadBytes } from '../files/query.ts'
import { rootsOf } from './files-endpoint.ts'
import { LoggingLevel } from './logging-level.ts'
import { operatorAnswers } from './operator-answers.ts'
import { checkOperatorRequest } from './operator-call.ts'
import type { ViewSource } from './view-source.ts'

export interface OperatorPorts {
  readonly logger: Logger
  readonly clock: Clock
  source(): ViewSource
}

/** `POST /api/v1` of an agent (core-agent §9): what operators see and change, JSON or protobuf. */
export class OperatorEndpoint {
  readonly #ports: OperatorPorts
  readonly #logging: LoggingLevel

  constructor(ports: OperatorPorts) {
    this.#ports = ports
    this.#logging = new LoggingLevel(ports)
  }

  answer(request: HttpRequest, exchange: Exchange): void {
    const checked = checkOperatorRequest(request)
    if (checked.kind === 'refused') return send(exchange, checked.answer)
    const { callType, call, codec } = checked
    const done = (response: AgentResponse | undefined) =>
      response === undefined
        ? exchange.reply(200, {})
        : exchange.reply(200, { 'content-type': codec.mediaType }, codec.encode(response))
    const seen = operatorAnswers[callType]
    if (seen !== undefined) return done(seen(this.#ports.source()))
    const act = this.#acts[callType]
    if (act === undefined) return send(exchange, notImplemented(callType))
    act(call).then(done, (error: unknown) => {
      const { status, message } = filesFailure(error)
      send(exchange, text(status, message))
    })
  }

  close(): void {
    this.#logging.close()
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
  }

  #roots(): Roots {
    const { state, config } = this.#ports.source()
    return rootsOf({ state, ...config })
  }
}

const notImplemented = (callType: AgentCallType): Answer =>
  text(501, callType === 'UNKNOWN' ? '501 Not Implemented.' : `${callType} is not implemented`)

const send = (exchange: Exchange, { status, headers, body }: Answer): void =>
  exchange.reply(status, headers, body)
