import type { Answer, Api, Call } from './call.ts'
import { healthyNodes, versioned } from './engine.ts'
import { fill } from './paths.ts'

/** The call as it is, to the first healthy node by name: any engine gives the same answer. */
export const toOneNode =
  (path: string) =>
  (api: Api, call: Call): Answer => {
    const filled = fill(path, call.params)
    const [node] = healthyNodes(api, filled)
    return {
      kind: 'relay',
      agent: node.id,
      path: versioned(`${filled}${call.search}`, call.version),
    }
  }
