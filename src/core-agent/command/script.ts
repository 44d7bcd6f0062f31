import type { CommandSpec, Rlimit } from './containers.ts'

/** What the script needs besides the spec: absolute paths, so that nothing depends on a PATH. */
export interface ScriptPlace {
  /** Of the container's files, without their endings. */
  readonly files: string
  /** `cgroup.procs` files that the command enters before it runs. */
  readonly groups: readonly string[]
  /** Numeric ids of the user; undefined: nobody is switched to. */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined
  readonly rlimits: readonly Rlimit[]
  readonly tools: Tools
}

export interface Tools {
  readonly unshare: string
  readonly setpriv: string
  readonly prlimit: string
  readonly env: string
}

/**
 * A container as a POSIX shell script. Run without argument it is the supervisor: independent of the agent, outside
 * of the container's groups, it waits and leaves the exit status in a file. Run as `inside` it is the first process
 * of the container, which no signal meant for the command reaches. The user's texts are quoted, never interpreted.
 */
export const containerScript = (spec: CommandSpec, place: ScriptPlace): string => {
  const { files, groups, tools } = place
  const q = quoted
  return `#!/bin/sh
# Supervisor of container ${spec.containerId}.
files=${q(files)}
case "\${1-}" in
'')
  echo "$$" >"$files.pid"
  ${q(tools.unshare)} --mount --pid --ipc --uts --fork --kill-child --mount-proc \\
    /bin/sh "$files.sh" inside </dev/null >>${q(`${spec.sandbox}/stdout`)} 2>>${q(`${spec.sandbox}/stderr`)}
  echo "$?" >"$files.exit.new" && mv "$files.exit.new" "$files.exit.status"
  ;;
inside)
  (
    set -e
    cd ${q(spec.sandbox)}
    for group in ${groups.map(q).join(' ')}; do echo 0 >"$group"; done
    : >"$files.started"
    exec ${[...limits(place), ...words.identity(tools, place.ids), tools.env, '-i', ...words.variables(spec.environment), ...spec.argv].map(q).join(' ')}
  ) &
  wait "$!"
  exit "$?"
  ;;
esac
`
}

/** One word for a POSIX shell, whatever is in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** Parts of a command line that starts something in a container. */
export const words = {
  /** For `env -i`. */
  variables: (environment: CommandSpec['environment']): readonly string[] =>
    [...environment].map(([name, value]) => `${name}=${value}`),
  identity: ({ setpriv }: Tools, ids: ScriptPlace['ids']): readonly string[] =>
    ids === undefined ? [] : [setpriv, `--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--init-groups'],
}

const limits = ({ rlimits, tools }: ScriptPlace): readonly string[] =>
  rlimits.length === 0
    ? []
    : [
        tools.prlimit,
        ...rlimits.map(
          ({ resource, soft, hard }) =>
            `--${resource}=${soft ?? 'unlimited'}:${hard ?? soft ?? 'unlimited'}`,
        ),
      ]
