import { type Answer, type Api, type Call, json, verbatim } from '../call.ts'
import { askAll, isSuccess, jsonOf, type NodeAnswer } from '../engine.ts'
import { ApiError } from '../errors.ts'
import { list, object, text } from '../json.ts'
import { fill } from '../paths.ts'
import { nodesToAsk } from './find.ts'

/** `POST /images/{name}/tag`: on every node that has the image. */
export const tagImage = async (api: Api, call: Call): Promise<Answer> => {
  const answers = await onHolders(api, call, '/images/{name}/tag')
  return verbatim((answers.find(isSuccess) ?? worst(answers)).response)
}

/** `DELETE /images/{name}`: on every node that has it; what went is listed once (D53). */
export const removeImage = async (api: Api, call: Call): Promise<Answer> => {
  const answers = await onHolders(api, call, '/images/{name}')
  const conflicts = answers.filter(({ response }) => response.status === 409)
  if (conflicts.length > 0) return json(409, { message: conflicts.map(conflictText).join('; ') })
  const done = answers.filter(isSuccess)
  if (done.length === 0) return verbatim(worst(answers).response)
  const entries = done.flatMap(({ node, response }) => list(jsonOf(node, response)))
  return json(200, [...new Map(entries.map((entry) => [JSON.stringify(entry), entry])).values()])
}

const onHolders = async (
  api: Api,
  call: Call,
  path: string,
): Promise<readonly [NodeAnswer, ...NodeAnswer[]]> => {
  const name = call.params['name'] ?? ''
  const [first, ...rest] = await askAll(api, nodesToAsk(api, name), {
    method: call.method,
    path: `${fill(path, { name })}${call.search}`,
    version: call.version,
  })
  if (first === undefined) throw new ApiError('NO_NODE', `image ${name}`)
  return [first, ...rest]
}

/** A node that does not have the image says little; any other refusal says why. */
const worst = (answers: readonly [NodeAnswer, ...NodeAnswer[]]): NodeAnswer =>
  answers.find(({ response }) => response.status !== 404) ?? answers[0]

const conflictText = ({ node, response }: NodeAnswer): string =>
  `${text(object(jsonOf(node, response))['message'])} (node ${node.hostname})`
