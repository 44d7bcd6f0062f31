import { CodecError } from '../mesos/codec-error.ts'
import { type WatchRecord, watchPath } from '../mesos/engine-endpoint.ts'
import type { EngineAddress } from './cluster.ts'
import { originOf } from './engine-client.ts'
import { object, text } from './inspect.ts'
import { RecordStream, type RecordStreamPorts } from './record-stream.ts'

/** A snapshot has every container of an agent: some 10 kB each. */
const maxRecordBytes = 64 * 1024 * 1024

/** Three heartbeats of the endpoint. */
const silenceMs = 45_000

const backoff = { baseMs: 200, capMs: 15_000 }

export interface WatchListener {
  onRecord(record: WatchRecord): void
  onLost(why: string): void
}

/** The watch of one agent's engine endpoint, kept open (docker-frontend §2.5). */
export class AgentWatch {
  readonly #stream: RecordStream

  constructor(ports: RecordStreamPorts, address: () => EngineAddress, listener: WatchListener) {
    this.#stream = new RecordStream(
      ports,
      {
        backoff,
        maxRecordBytes,
        silenceMs,
        request: () => {
          const { prefix, headers } = address()
          const request = {
            method: 'GET',
            path: `${prefix}${watchPath}`,
            headers,
            body: new Uint8Array(),
          }
          return { origin: originOf(address()), request }
        },
      },
      {
        onOpen: () => {},
        onRecord: (record) => {
          this.#stream.settled()
          listener.onRecord(readRecord(record))
        },
        onRefused: () => false,
        onLost: (why) => listener.onLost(why),
      },
    )
  }

  open(): void {
    this.#stream.open()
  }

  close(): void {
    this.#stream.close()
  }
}

const types: ReadonlySet<string> = new Set<WatchRecord['type']>([
  'SNAPSHOT',
  'CONTAINER',
  'REMOVED',
  'ENGINE',
  'IMAGES',
  'EVENT',
  'HEARTBEAT',
])

const readRecord = (bytes: Uint8Array): WatchRecord => {
  const value = parse(bytes)
  if (!types.has(text(object(value)['type']))) throw new CodecError('not a watch record')
  return value as WatchRecord
}

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (error) {
    throw new CodecError('a watch record is not JSON', { cause: error })
  }
}
