import type { NodeView } from '../../mesos-framework/cluster.ts'
import type { HttpResponse } from '../../runtime/transport.ts'
import { type Answer, type Api, type Call, verbatim } from '../call.ts'
import { Channel } from '../channel.ts'
import { healthyNodes, jsonOf, mapBounded, maxConcurrentAgents } from '../engine.ts'
import { engineStream, wholeOf } from '../engine-stream.ts'
import { ApiError } from '../errors.ts'
import { object, text } from '../json.ts'
import { jsonLines } from '../json-lines.ts'
import { toOneNode } from '../one-node.ts'
import { PullProgress } from './pull-progress.ts'
import { familiarName } from './reference.ts'

/** Progress lines that wait for a slow client. */
const maxWaitingLines = 10_000

/**
 * `POST /images/create`: `fromImage` is pulled by every node; `fromSrc`, an import that gets another id on each
 * engine, goes to one (docker-frontend §2.3).
 */
export const createImage = (api: Api, call: Call): Answer | Promise<Answer> =>
  call.query.get('fromImage') ? pullImage(api, call) : toOneNode('/images/create')(api, call)

/** Headers wait for the first engine that begins, or until all have failed: then the first failure is the answer. */
const pullImage = async (api: Api, call: Call): Promise<Answer> => {
  const nodes = healthyNodes(api, 'a pull')
  const lines = new Channel<object>(maxWaitingLines)
  const failures: Failure[] = []
  const begun = new Promise<boolean>((resolve) => {
    const pulls = mapBounded(nodes, maxConcurrentAgents, async (node) => {
      const failure = await pullOn(api, call, node, (line) => {
        lines.push(line)
        resolve(true)
      })
      if (failure !== undefined) failures.push(failure)
    })
    pulls.then(
      () => {
        for (const line of closingLines(failures, nodes.length)) lines.push(line)
        lines.end()
        resolve(false)
      },
      (error: Error) => {
        lines.end(error)
        resolve(true)
      },
    )
  })
  if (await begun) return stream(lines)
  const [first] = failures
  if (first === undefined) throw new ApiError('NO_NODE', 'a pull')
  if (first.response === undefined)
    throw new ApiError('AGENT_UNREACHABLE', first.hostname, ` (${first.message})`)
  return verbatim(first.response)
}

interface Failure {
  readonly hostname: string
  readonly message: string
  /** Absent when the engine failed after it had begun, or could not be asked. */
  readonly response?: HttpResponse
}

const pullOn = async (
  api: Api,
  call: Call,
  node: NodeView,
  show: (line: object) => void,
): Promise<Failure | undefined> => {
  const { hostname } = node
  try {
    const pull = await engineStream(api, node.id, pullRequest(call), call.signal)
    if (pull.status !== 200) {
      const response = await wholeOf(pull)
      return { hostname, message: text(object(jsonOf(node, response))['message']), response }
    }
    show({ status: `Pulling ${imageName(call)}`, id: hostname })
    const progress = new PullProgress(hostname)
    for await (const entry of jsonLines(pull.chunks)) {
      const line = progress.line(object(entry))
      if (line !== undefined) show(line)
    }
    return progress.error === undefined ? undefined : { hostname, message: progress.error }
  } catch (error) {
    return { hostname, message: error instanceof Error ? error.message : String(error) }
  }
}

/** The user's registry credentials go on with the request and are kept nowhere. */
const pullRequest = (call: Call) => {
  const auth = call.request.headers['x-registry-auth']
  return {
    method: 'POST',
    path: `/images/create${call.search}`,
    version: call.version,
    headers: typeof auth === 'string' ? { 'x-registry-auth': auth } : {},
  }
}

const imageName = (call: Call): string => {
  const image = call.query.get('fromImage') ?? ''
  const tag = call.query.get('tag') ?? ''
  if (tag === '') return familiarName(image)
  return familiarName(`${image}${tag.includes(':') ? '@' : ':'}${tag}`)
}

/** One success is success: a launch on a failed node pulls again. */
const closingLines = (failures: readonly Failure[], nodes: number): readonly object[] => {
  const [first] = failures
  if (first === undefined) return []
  if (failures.length < nodes)
    return failures.map(({ hostname, message }) => ({
      status: `Not pulled, a start there pulls again: ${message}`,
      id: hostname,
    }))
  return [{ errorDetail: { message: first.message }, error: first.message }]
}

const stream = (lines: Channel<object>): Answer => ({
  kind: 'stream',
  status: 200,
  headers: { 'content-type': 'application/json' },
  chunks: texts(lines),
})

async function* texts(lines: Channel<object>) {
  for await (const line of lines.read()) yield `${JSON.stringify(line)}\r\n`
}
