import type { CommandInfo, ContainerInfo, TaskInfo } from '../../mesos/wire.ts'

/** What is wrong with a task's command or container, in Mesos' words (common/validation.cpp). */
export const containerProblem = (task: TaskInfo): string | undefined => {
  const command = task.command && commandProblem(task.command)
  if (command !== undefined) return `Task's \`CommandInfo\` is invalid: ${command}`
  const container = task.container && containerInfoProblem(task.container)
  return container === undefined ? undefined : `Task's \`ContainerInfo\` is invalid: ${container}`
}

export const commandProblem = ({ environment }: CommandInfo): string | undefined => {
  const unset = (environment?.variables ?? []).find(
    ({ type, value }) => type !== 'SECRET' && value === undefined,
  )
  return unset && `Environment variable '${unset.name}' of type 'VALUE' must have a value set`
}

const containerInfoProblem = (container: ContainerInfo): string | undefined => {
  for (const volume of container.volumes ?? []) {
    const sources = [volume.host_path, volume.image, volume.source]
    if (sources.filter((source) => source !== undefined).length !== 1)
      return "Invalid volume: Only one of them should be set: 'host_path', 'image' and 'source'"
  }
  if (container.type !== 'DOCKER') return undefined
  if (container.docker === undefined)
    return "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo"
  return (container.docker.parameters ?? []).some(({ key }) => key === 'name')
    ? "Parameter in DockerInfo must not be 'name'"
    : undefined
}
