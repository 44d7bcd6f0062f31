import { readJsonObject } from '../body.ts'
import { type Answer, type Api, type Call, verbatim } from '../call.ts'
import { findContainer } from '../containers/find.ts'
import { checkWorkingDir } from '../containers/intake.ts'
import { streamType } from '../containers/proxy.ts'
import {
  askAll,
  assertReachable,
  healthyNodes,
  isSuccess,
  jsonOf,
  postJson,
  versioned,
} from '../engine.ts'
import { ApiError } from '../errors.ts'
import { object, text } from '../json.ts'
import type { ExecPlace } from './exec-ids.ts'

/** `POST /containers/{name}/exec`: the id that comes back is remembered with its agent (docker-frontend §3.4). */
export const createExec = async (api: Api, call: Call): Promise<Answer> => {
  const container = findContainer(api.cluster, call.params['name'] ?? '')
  assertReachable(api, container)
  const config = await readJsonObject(call.request)
  if (!Array.isArray(config['Cmd']) || config['Cmd'].length === 0)
    throw new ApiError('NO_EXEC_COMMAND')
  checkWorkingDir('WorkingDir', text(config['WorkingDir']))
  const path = `/containers/${container.id}/exec`
  const response = await postJson(api, call, container.agent, path, config)
  if (response.status === 201) {
    const execId = text(object(jsonOf(container, response))['Id'])
    api.execs.set(execId, { agent: container.agent, tty: config['Tty'] === true })
  }
  return verbatim(response)
}

/** `/exec/{id}…`: to the agent that has it. */
export const toExec =
  (path: string) =>
  async (api: Api, call: Call): Promise<Answer> => {
    const id = call.params['id'] ?? ''
    const { agent, tty } = api.execs.get(id) ?? (await searchExec(api, call, id))
    return {
      kind: 'relay',
      agent,
      path: versioned(`/exec/${encodeURIComponent(id)}${path}${call.search}`, call.version),
      ...(path === '/start' ? { contentType: streamType(tty, call) } : {}),
    }
  }

/** After a restart nothing is remembered: the agents know the ones they passed on (D51). */
const searchExec = async (api: Api, call: Call, id: string): Promise<ExecPlace> => {
  const path = `/exec/${encodeURIComponent(id)}/json`
  const nodes = healthyNodes(api, `exec ${id}`)
  const answers = await askAll(api, nodes, { method: 'GET', path, version: call.version })
  const answer = answers.find(isSuccess)
  if (answer === undefined) throw new ApiError('NO_SUCH_EXEC', id)
  const tty = object(object(jsonOf(answer.node, answer.response))['ProcessConfig'])['tty'] === true
  const place = { agent: answer.node.id, tty }
  api.execs.set(id, place)
  return place
}
