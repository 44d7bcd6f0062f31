import { segmentProblem } from '../sandboxes/spec.ts'

/** A place in a sandbox: the folder of a run, and the way from there, as it was asked for. */
export interface Place {
  readonly run: string
  /** Empty for the folder itself; may hold anything, `..` too. */
  readonly rest: string
}

/**
 * What a virtual path of Mesos' files endpoints means: the run's real path, or
 * `/frameworks/<id>/executors/<id>/[runs/]latest` (slave/paths.cpp). Undefined: it names no sandbox. Pure.
 */
export const locate = (
  asked: string,
  { workDir, agentId }: { readonly workDir: string; readonly agentId: string },
): Place | undefined => {
  const path = asked.replace(/^file:\/\//, '').replace(/\/$/, '')
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
