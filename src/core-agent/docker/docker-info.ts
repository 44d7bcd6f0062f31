import type { TaskInfo } from '../../mesos/wire.ts'
import { type Resources, scalarOf } from '../../resources/resources.ts'
import { planFetch } from '../fetch/plan.ts'
import { environment } from './environment.ts'
import { linuxInfo } from './linux-info.ts'
import { hostnameProblem, network } from './networks.ts'
import { applyParameters, type Draft } from './parameters.ts'
import { type Sandbox, volumes } from './volumes.ts'

export interface DockerInfoBody extends Draft {
  readonly image: string
  readonly pullFirst: boolean
}

interface Where {
  readonly resources: Resources
  readonly containerId: string
  readonly sandbox?: Sandbox | undefined
}

/**
 * The create body for a task of any Mesos framework (core-agent §3.2), without accounting. A text says what the
 * engine cannot do for it, naming field and remedy.
 */
export const dockerInfoBody = (task: TaskInfo, where: Where): DockerInfoBody | string => {
  const { container, command } = task
  const docker = container?.docker
  if (container?.type !== 'DOCKER' || docker === undefined)
    return 'This agent runs docker containers only: give the task a ContainerInfo of type DOCKER'
  if (task.executor !== undefined && task.command === undefined)
    return 'This agent has no custom executors: give the task a CommandInfo instead of an ExecutorInfo'
  if (docker.image === '') return 'DockerInfo.image is empty: name an image, such as busybox'
  if (command !== undefined && (command.shell ?? true) && command.value === undefined)
    return 'CommandInfo.value is required where shell is true: set it, or set shell to false'
  for (const uri of command?.uris ?? []) {
    const plan = planFetch(uri)
    if ('problem' in plan) return `CommandInfo.uris: '${uri.value}': ${plan.problem}`
  }
  const image = withTag(docker.image)
  const draft: Draft = {
    body: { Image: image, ...commandOf(task) },
    host: { Privileged: docker.privileged === true, ...gpus(where.resources) },
  }
  const problem =
    linuxInfo(draft, container) ??
    network(draft, container, where.resources) ??
    volumes(draft, container, where.sandbox) ??
    applyParameters(draft, docker.parameters ?? []) ??
    hostnameProblem(draft)
  if (problem !== undefined) return problem
  const env = environment(task, (draft.body['Env'] as string[] | undefined) ?? [], {
    containerName: `mesos-${where.containerId}`,
    sandbox: where.sandbox?.mappedPath,
  })
  if ('problem' in env) return env.problem
  draft.body['Env'] = env
  return { ...draft, image, pullFirst: docker.force_pull_image === true }
}

/** `:latest` where the last path component has neither tag nor digest, on forced pulls too. */
export const withTag = (image: string): string => {
  const last = image.split('/').at(-1) ?? ''
  return last.includes(':') || last.includes('@') ? image : `${image}:latest`
}

const commandOf = ({ command }: TaskInfo) => {
  if (command === undefined) return {}
  const base = command.user === undefined ? {} : { User: command.user }
  if (command.shell ?? true) return { ...base, Entrypoint: ['/bin/sh'], Cmd: ['-c', command.value] }
  const words = [
    ...(command.value === undefined ? [] : [command.value]),
    ...(command.arguments ?? []),
  ]
  return words.length === 0 ? base : { ...base, Cmd: words }
}

/** Whole ones only: the master has seen to that. */
const gpus = (held: Resources) => {
  const count = Math.floor(scalarOf(held, 'gpus') / 1000)
  return count === 0 ? {} : { DeviceRequests: [{ Count: count, Capabilities: [['gpu']] }] }
}
