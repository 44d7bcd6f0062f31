import { segmentProblem } from '../sandboxes/spec.ts'

/** Where the agent's own log is shown. */
export const logPath = '/slave/log'

/** What virtual paths are resolved with. */
export interface Roots {
  readonly workDir: string
  readonly agentId: string
  /** Path of the file behind `/slave/log`; undefined: there is none. */
  readonly logFile: string | undefined
}

/** A place in a folder that is shown, such as that of a run, and the way from there, as it was asked for. */
export interface Place {
  readonly run: string
  /** Empty for the folder itself; may hold anything, `..` too. */
  readonly rest: string
}

/**
 * What a virtual path of Mesos' files endpoints means: the run's real path, or
 * `/frameworks/<id>/executors/<id>/[runs/]latest` (slave/paths.cpp), or `/slave/log`. Undefined: it names none of them. Pure.
 */
export const locate = (asked: string, { workDir, agentId, logFile }: Roots): Place | undefined => {
  const path = asked.replace(/^file:\/\//, '').replace(/\/$/, '')
  if (path === logPath) return logFile === undefined ? undefined : parted(logFile)
  const slaves = `${workDir.replace(/\/$/, '')}/slaves/`
  if (path.startsWith(slaves)) {
    const [agent = '', ...below] = path.slice(slaves.length).split('/')
    return placed(`${slaves}${agent}/`, [agent], below)
  }
  const [, ...below] = path.split('/')
  const runs = below[4] === 'latest' ? ['runs'] : []
  return path.startsWith('/frameworks/')
    ? placed(
        `${slaves}${agentId}/`,
        [agentId],
        [...below.slice(0, 4), ...runs, ...below.slice(4)],
        'latest',
      )
    : undefined
}

/** A file of an absolute path, in its folder. */
const parted = (file: string): Place => {
  const at = file.lastIndexOf('/')
  return { run: file.slice(0, at) || '/', rest: file.slice(at + 1) }
}

/** `frameworks/<id>/executors/<id>/runs/<id>` and what follows. */
const placed = (
  base: string,
  ids: readonly string[],
  below: readonly string[],
  only?: string,
): Place | undefined => {
  const [frameworks, framework = '', executors, executor = '', runs, run = '', ...rest] = below
  const isRun = frameworks === 'frameworks' && executors === 'executors' && runs === 'runs'
  const names = [...ids, framework, executor, run]
  if (!isRun || names.some((name) => segmentProblem('', name) !== undefined)) return undefined
  if (only !== undefined && run !== only) return undefined
  return { run: `${base}${below.slice(0, 6).join('/')}`, rest: rest.join('/') }
}
