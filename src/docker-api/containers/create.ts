import { readJsonObject } from '../body.ts'
import { type Answer, type Api, type Call, json, verbatim } from '../call.ts'
import { ApiError } from '../errors.ts'
import { joinFurther, splitEndpoints } from './endpoints.ts'
import { findContainer } from './find.ts'
import { withImagePorts } from './image-ports.ts'
import { intake } from './intake.ts'
import { refusal } from './refusal.ts'

/** `POST /containers/create`: answers when the container exists on its node (docker-frontend §6). */
export const createContainer = async (api: Api, call: Call): Promise<Answer> => {
  const body = await withImagePorts(api, call, await readJsonObject(call.request))
  // Some clients repeat the whole body in the query: only these two are parameters.
  const query = {
    name: call.query.get('name') ?? '',
    platform: call.query.get('platform') ?? '',
  }
  const { request, further } = splitEndpoints(intake(body, query, api.config))
  const outcome = await api.cluster.create(request, call.signal)
  if (outcome.kind === 'name-in-use') throw nameInUse(outcome.name, outcome.holder)
  if (outcome.kind !== 'created') return refusal(outcome)
  const { id, warnings } = outcome
  if (further.length > 0) {
    const refused = await joinFurther(api, call, findContainer(api.cluster, id), further)
    if (refused !== undefined) return verbatim(refused)
  }
  return json(201, { Id: id, Warnings: warnings })
}

/** The conflict in dockerd's words; a create that still waits has no id to show yet (docker-frontend §1.5). */
export const nameInUse = (name: string, holder: string | undefined): ApiError =>
  new ApiError(
    'NAME_IN_USE',
    name,
    holder === undefined ? 'a container that is being created' : `container "${holder}"`,
  )
