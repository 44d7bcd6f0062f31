import type { ContainerView } from '../../mesos-framework/cluster.ts'
import { type Answer, type Api, type Call, verbatim } from '../call.ts'
import { assertReachable } from '../engine.ts'
import { ApiError } from '../errors.ts'
import { nameInUse } from './create.ts'
import { findContainer } from './find.ts'
import { checkContainerName } from './intake.ts'
import { change } from './life.ts'

/** `POST …/rename?name=`: the name table first, then the engine, then the old name is free (D22). */
export const renameContainer = async (api: Api, call: Call): Promise<Answer> => {
  const { cluster } = api
  const container = findContainer(cluster, call.params['name'] ?? '')
  const name = newName(container, call.query.get('name') ?? '')
  assertReachable(api, container)
  const outcome = cluster.reserveName(name, container.id)
  if (outcome.kind === 'in-use') throw nameInUse(name, outcome.holder)
  let isRenamed = false
  try {
    const response = await change(api, call, container, `/rename?name=${encodeURIComponent(name)}`)
    isRenamed = response.status === 204
    return verbatim(response)
  } finally {
    cluster.releaseName(isRenamed ? container.name : name, container.id)
  }
}

/** `node/new` is accepted only with the container's own node. */
const newName = (container: ContainerView, text: string): string => {
  const stripped = text.replace(/^\//, '')
  if (stripped === '')
    throw new ApiError('INVALID_PARAMETER', 'Neither old nor new names may be empty')
  const [, node, rest = stripped] = /^([^/]+)\/(.+)$/s.exec(stripped) ?? []
  if (node !== undefined && node !== container.hostname && node !== container.agent)
    throw new ApiError(
      'INVALID_PARAMETER',
      `name: the container is on ${container.hostname} and cannot be renamed to ${stripped}`,
    )
  const name = checkContainerName(rest)
  if (name === container.name)
    throw new ApiError(
      'INVALID_PARAMETER',
      'Renaming a container with the same name as its current name',
    )
  return name
}
