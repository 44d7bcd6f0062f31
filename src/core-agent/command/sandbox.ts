import { execFile } from 'node:child_process'
import { chownSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CommandError } from './containers.ts'

export interface Ids {
  readonly uid: number
  readonly gid: number
}

const run = promisify(execFile)

/** Of a user of this machine. Rejects with CommandError where there is none of that name. */
export const idsOf = async (user: string): Promise<Ids> => {
  const number = async (option: string) =>
    Number((await run('id', [option, '--', user])).stdout.trim())
  try {
    return { uid: await number('-u'), gid: await number('-g') }
  } catch (error) {
    throw new CommandError(`The agent's machine has no user '${user}'`, { cause: error })
  }
}

/** The folder of a command with its `stdout` and `stderr`; what is there already stays. Undefined: it is the agent's own. */
export const makeSandbox = (sandbox: string, ids: Ids | undefined): void => {
  mkdirSync(sandbox, { recursive: true })
  for (const name of ['stdout', 'stderr']) closeSync(openSync(join(sandbox, name), 'a'))
  if (ids === undefined) return
  for (const path of [sandbox, join(sandbox, 'stdout'), join(sandbox, 'stderr')])
    chownSync(path, ids.uid, ids.gid)
}
