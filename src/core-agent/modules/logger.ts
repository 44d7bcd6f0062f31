import { nothing } from './answers.ts'
import { type Plugin, PluginError } from './plugin.ts'

/** How long a module may take for one piece of output. */
export const writeDeadlineMs = 10_000

/** Output of one container, in its order. */
export interface LogEntry {
  readonly stream: 'stdout' | 'stderr'
  /** Of the engine, with nanoseconds; empty where there is none. */
  readonly time: string
  readonly text: Uint8Array
}

/** Where output goes besides the files of its sandbox; resolves when the next piece may come. Never rejects. */
export type LogSink = (
  container: { readonly container: string; readonly sandbox: string },
  entries: readonly LogEntry[],
) => Promise<void>

export const moduleSink =
  (plugin: Plugin): LogSink =>
  async ({ container, sandbox }, entries) => {
    if (plugin.isDisabled) return
    const options = { deadlineMs: writeDeadlineMs, decode: nothing }
    await plugin.call('write', { container, sandbox, entries }, options).catch((error: unknown) => {
      if (!(error instanceof PluginError)) throw error
    })
  }
