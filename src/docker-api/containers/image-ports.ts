import type { JsonObject } from '../body.ts'
import { type Api, type Call } from '../call.ts'
import { askableNodes, jsonOf } from '../engine.ts'
import { imageOnAnyNode } from '../images/find.ts'
import { isReference } from '../images/reference.ts'
import { object, text } from '../json.ts'

/**
 * `-P` publishes what the image exposes too: a body that asks for it gets the image's ports (docker-frontend §6.2). Those
 * of an image that no node has yet are not known before it is placed: the engine then takes ports of its own for them.
 */
export const withImagePorts = async (
  api: Api,
  call: Call,
  body: JsonObject,
): Promise<JsonObject> => {
  const image = text(body['Image'])
  const isAsked = object(body['HostConfig'])['PublishAllPorts'] === true
  if (!isAsked || !isReference(image) || askableNodes(api).length === 0) return body
  const found = await imageOnAnyNode(api, call, image)
  if (found === undefined) return body
  const { ExposedPorts } = object(object(jsonOf(found.node, found.response))['Config'])
  return {
    ...body,
    ExposedPorts: { ...object(ExposedPorts), ...object(body['ExposedPorts']) },
  } as JsonObject
}
