import type { NodeView } from '../../mesos-framework/cluster.ts'
import { type Answer, type Api, type Call, verbatim } from '../call.ts'
import { askAll, healthyNodes, isSuccess, type NodeAnswer } from '../engine.ts'
import { ApiError } from '../errors.ts'
import { fill } from '../paths.ts'
import { familiarName } from './reference.ts'

/** `GET /images/{name}/json` and `/history`: the answer of the first node, by name, that has the image. */
export const fromImageHolder =
  (path: string) =>
  async (api: Api, call: Call): Promise<Answer> => {
    const name = call.params['name'] ?? ''
    const answer = await firstAnswer(api, call, name, path)
    if (answer === undefined) throw new ApiError('NO_SUCH_IMAGE', name)
    return verbatim(answer.response)
  }

/** The inspect of an image from whichever node has it; undefined when none has. */
export const imageOnAnyNode = (api: Api, call: Call, name: string) =>
  firstAnswer(api, call, name, '/json')

/** Nodes known to have the image; all of them where none is, because an image may have come since. */
export const nodesToAsk = (api: Api, name: string): readonly NodeView[] => {
  const nodes = healthyNodes(api, `image ${name}`)
  const holders = nodes.filter((node) => holds(node, name))
  return holders.length > 0 ? holders : nodes
}

const firstAnswer = async (
  api: Api,
  call: Call,
  name: string,
  path: string,
): Promise<NodeAnswer | undefined> => {
  const request = {
    method: 'GET',
    path: fill(`/images/{name}${path}`, { name }),
    version: call.version,
  }
  const nodes = nodesToAsk(api, name)
  const [first] = await askAll(api, nodes.slice(0, 1), request)
  if (first !== undefined && isSuccess(first)) return first
  const answers = await askAll(api, nodes.slice(1), request)
  return answers.find(isSuccess)
}

const holds = ({ images }: NodeView, name: string): boolean => {
  const familiar = familiarName(name)
  const id = name.replace(/^sha256:/, '')
  const isId = /^[0-9a-f]{4,64}$/.test(id)
  return images.some(
    (image) =>
      image.tags.includes(familiar) ||
      image.digests.includes(familiar) ||
      (isId && image.id.replace(/^sha256:/, '').startsWith(id)),
  )
}
