import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { until } from '../until.ts'

/**
 * The process id in a pid file, where that process runs and has `mark` in its command line. A stale file, whose number
 * another process may have by now, gives undefined.
 */
export const runningPid = (pidFile: string, mark: string): number | undefined => {
  const pid = Number(read(pidFile).trim())
  return pid > 0 && isRunning(pid, mark) ? pid : undefined
}

/** False for a process that has ended and waits to be reaped: it has no command line. */
export const isRunning = (pid: number, mark: string): boolean =>
  read(`/proc/${pid}/cmdline`).includes(mark)

/** The processes that run a program of this name. */
export const processes = (program: string): readonly number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .filter((pid) => basename(read(`/proc/${pid}/cmdline`).split('\u0000')[0] ?? '') === program)

/** True where the process is in our own network namespace. */
export const sharesOurNetwork = (pid: number): boolean => networkOf(`${pid}`) === networkOf('self')

const networkOf = (process: string): string => {
  try {
    return readlinkSync(`/proc/${process}/ns/net`)
  } catch {
    return ''
  }
}

/** SIGTERM, and SIGKILL after `graceMs`; answers when the process is gone. */
export const stopProcess = async (pid: number, mark: string, graceMs: number): Promise<void> => {
  const gone = () => !isRunning(pid, mark)
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (gone()) return
    process.kill(pid, signal)
    if (await until(gone, graceMs)) return
  }
  throw new Error(`process ${pid} outlived SIGKILL`)
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
