import { spawn } from 'node:child_process'
import { CommandError, type RunCommand } from './containers.ts'
import { quoted, type Tools, words } from './script.ts'

export interface Inside {
  /** A process of the container. */
  readonly pid: number
  /** `cgroup.procs` files of the container. */
  readonly groups: readonly string[]
  readonly sandbox: string
  readonly ids: { readonly uid: number; readonly gid: number } | undefined
  readonly tools: Tools
  readonly nsenter: string
}

/**
 * Runs one more command in a container's groups and namespaces, its output dropped. Resolves with the exit status as a
 * shell has it; `signal` kills its whole process group.
 */
export const runInside = (
  inside: Inside,
  command: RunCommand,
  signal: AbortSignal,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const script = insideScript(inside, command)
    const options = { detached: true, stdio: 'ignore', cwd: '/', env: {} } as const
    const child = spawn('/bin/sh', ['-c', script], options)
    const kill = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }
    signal.addEventListener('abort', kill, { once: true })
    child.on('error', (error) => reject(new CommandError(error.message, { cause: error })))
    child.on('exit', (code, by) => {
      signal.removeEventListener('abort', kill)
      if (signal.aborted) reject(new CommandError('it took too long and was killed'))
      else resolve(code ?? (by === 'SIGKILL' ? 137 : 1))
    })
  })

const insideScript = (inside: Inside, { argv, environment }: RunCommand): string => {
  const { pid, groups, sandbox, ids, tools, nsenter } = inside
  const enter = [nsenter, '--target', String(pid), '--mount', '--pid', '--ipc', '--uts', '--']
  const run = [...words.identity(tools, ids), tools.env, '-C', sandbox, '-i']
  const variables = words.variables(environment)
  return `for group in ${groups.map(quoted).join(' ')}; do echo 0 >"$group" || exit 126; done
exec ${[...enter, ...run, ...variables, ...argv].map(quoted).join(' ')}`
}
