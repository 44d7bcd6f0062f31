import { sandboxPath } from '../command/sandbox-path.ts'
import type { Sandbox } from '../docker/volumes.ts'
import type { Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import type { SandboxSpec } from './sandboxes.ts'

/** Where the sandbox of a docker task lies, and where its container sees it. Its executor has its own id. */
export const sandboxOf = (
  { state, context }: Turn,
  { frameworkId, taskId, containerId }: Pick<Task, 'frameworkId' | 'taskId' | 'containerId'>,
): Sandbox => ({
  hostPath: sandboxPath(context.settings.workDir, {
    agentId: state.agentId ?? '',
    frameworkId,
    executorId: taskId,
    containerId,
  }),
  mappedPath: context.settings.sandboxDirectory,
})

/** Numbers mean the same inside and outside of a container; names do not, so folders for those stay the agent's. */
export const sandboxSpec = (path: string, user: string | undefined): SandboxSpec => {
  const [, uid, gid = uid] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(user ?? '') ?? []
  return { path, owner: uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) } }
}

/** Ids become names of folders: what is wrong with one. */
export const segmentProblem = (field: string, id: string): string | undefined => {
  if (id === '' || id === '.' || id === '..' || /[/\0]/.test(id))
    return `${field} '${id}' cannot name a folder: leave out '/', and do not call it '.' or '..'`
  return new TextEncoder().encode(id).byteLength > maxNameBytes
    ? `${field} cannot name a folder: it has more than ${maxNameBytes} bytes`
    : undefined
}

/** NAME_MAX of Linux. */
const maxNameBytes = 255
