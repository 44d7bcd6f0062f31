import { startsContainerLabel, taskLabels } from '../mesos/engine-endpoint.ts'
import type { TaskInfo } from '../mesos/wire.ts'

/** Who can own a container: the Docker engine, or the agent itself as Mesos' own containerizer. */
export type ContainerizerName = 'docker' | 'mesos'

export const containerizerNames = ['docker', 'mesos'] as const

/** Undefined: it takes the task. A text names the field and the remedy. */
type Refusal = (task: TaskInfo) => string | undefined

const refusals: Readonly<Record<ContainerizerName, Refusal>> = {
  docker: (task) =>
    isForDocker(task)
      ? undefined
      : 'This agent runs docker containers only: give the task a ContainerInfo of type DOCKER',
  mesos: (task) =>
    isForDocker(task)
      ? 'This agent runs no docker containers: leave the ContainerInfo of type DOCKER out'
      : undefined,
}

/**
 * The containerizers are asked in the order of `--containerizers`, and the first that does not refuse owns the
 * container for good (core-agent §4). A text: why none takes it.
 */
export const containerizerOf = (
  names: readonly ContainerizerName[],
  task: TaskInfo,
): { readonly name: ContainerizerName } | { readonly refused: string } => {
  const name = names.find((one) => refusals[one](task) === undefined)
  if (name !== undefined) return { name }
  return { refused: names.flatMap((one) => refusals[one](task) ?? []).join('; ') }
}

const isForDocker = ({ container, executor, labels }: TaskInfo): boolean =>
  container?.type === 'DOCKER' ||
  executor?.container?.type === 'DOCKER' ||
  (labels?.labels ?? []).some(
    ({ key }) => key === taskLabels.create || key === startsContainerLabel,
  )
