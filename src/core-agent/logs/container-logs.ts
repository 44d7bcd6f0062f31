import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../runtime/logger.ts'
import type { Engine } from '../docker/engine.ts'
import type { LogEntry, LogSink } from '../modules/logger.ts'
import { LogFrames, type LogMessage } from './frames.ts'
import { type LogOffset, noOffset, parseOffset, Resumption, sinceOf } from './offset.ts'
import { offsetPath } from './offset-path.ts'
import { RotatedFile, type Rotation } from './rotated-file.ts'

export interface LogSource {
  /** Engine id. */
  readonly container: string
  /** Path of its sandbox. */
  readonly sandbox: string
  readonly tty: boolean
}

/** Writes what containers say into `stdout` and `stderr` of their sandboxes, as a port. */
export interface ContainerLogs {
  /** Until the container ends; nothing new where that is under way. */
  follow(source: LogSource): void
  close(): void
}

/** From the engine's log stream, from where an earlier life of the agent ended (core-agent §9). */
export const engineLogs = (
  { engine, logger, sink }: EngineLogsPorts,
  rotation: Rotation,
): ContainerLogs => {
  const streams = new Map<string, AbortController>()
  return {
    follow: (source) => {
      if (streams.has(source.container)) return
      const controller = new AbortController()
      streams.set(source.container, controller)
      const copy = () => copyLog({ engine, sink }, source, rotation, controller.signal)
      // A last line without its end reaches the log only when the stream of a running container is over.
      copy()
        .then(copy)
        .catch((error: unknown) => {
          if (controller.signal.aborted) return
          const { container, sandbox } = source
          logger.warn(
            { container, sandbox, error: String(error) },
            'the output of a container cannot be written to its sandbox',
          )
        })
        .finally(() => streams.delete(source.container))
    },
    close: () => {
      for (const controller of streams.values()) controller.abort()
    },
  }
}

export interface EngineLogsPorts {
  readonly engine: Engine
  readonly logger: Logger
  /** Gets the same besides, once it is in the files; after a crash of the agent some of it twice. */
  readonly sink?: LogSink | undefined
}

/** Resolves when the container has ended and all that it said is written. */
export const copyLog = async (
  { engine, sink }: { readonly engine: Pick<Engine, 'logs'>; readonly sink?: LogSink | undefined },
  { container, sandbox, tty }: LogSource,
  rotation: Rotation,
  signal: AbortSignal,
): Promise<void> => {
  const known = await readFile(offsetPath(sandbox), 'utf8').catch(() => '')
  const from = parseOffset(known) ?? noOffset
  const openFile = (name: 'stdout' | 'stderr') =>
    RotatedFile.open(join(sandbox, name), rotation, from.sizes[name])
  const stdout = await openFile('stdout')
  const stderr = await openFile('stderr').catch(async (error: unknown) => {
    await stdout.close()
    throw error
  })
  const files = { stdout, stderr }
  const frames = new LogFrames({ tty })
  const resumption = new Resumption(from)
  let { time, seen } = from
  try {
    for await (const chunk of engine.logs(container, sinceOf(from), signal)) {
      const fresh = frames.push(chunk).filter((message) => resumption.isNew(message.time))
      for (const message of fresh) {
        await files[message.stream].append(message.text)
        seen = message.time === time ? seen + 1 : 1
        time = message.time
      }
      if (sink !== undefined && fresh.length > 0)
        await sink({ container, sandbox }, fresh.map(entryOf))
      const sizes = { stdout: stdout.bytes, stderr: stderr.bytes }
      if (fresh.length > 0) await writeOffset(sandbox, { time, seen, sizes })
    }
  } finally {
    await Promise.all([stdout.close(), stderr.close()])
  }
}

/** Its bytes alone: copied as a view they would take the whole chunk along. */
const entryOf = ({ stream, time, text }: LogMessage): LogEntry => ({
  stream,
  time,
  text: Uint8Array.from(text),
})

const writeOffset = async (sandbox: string, offset: LogOffset): Promise<void> => {
  const path = offsetPath(sandbox)
  await writeFile(`${path}.new`, JSON.stringify(offset))
  await rename(`${path}.new`, path)
}
