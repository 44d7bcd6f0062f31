import type { CommandInfoURI } from '../../mesos/wire.ts'
import { planFetch } from '../fetch/plan.ts'
import type { Sandboxes } from '../sandboxes/sandboxes.ts'
import { EngineError } from './engine.ts'
import {
  type DockerConfig,
  DockerConfigError,
  maxDockerConfigBytes,
  parseDockerConfig,
  registryAuth,
} from './registry-auth.ts'

/** In the order in which they are asked, before the agent's own. */
const fetchedNames = ['.dockercfg', '.docker/config.json', 'config.json']

/**
 * `X-Registry-Auth` of a pull (core-agent §3.6): of a docker config that was fetched into the sandbox, else of the
 * agent's own; undefined: nobody has a login for this registry. Rejects with EngineError 401, which names the config.
 */
export const pullAuth = async (
  image: string,
  {
    sandbox,
    uris,
    own,
  }: {
    /** Path; undefined: the task has none. */
    readonly sandbox: string | undefined
    readonly uris: readonly CommandInfoURI[]
    readonly own: DockerConfig | undefined
  },
  sandboxes: Pick<Sandboxes, 'read'>,
): Promise<string | undefined> => {
  const hasUris = sandbox !== undefined && uris.length > 0
  for (const name of hasUris ? fetchedNames : []) {
    if (name === 'config.json' && !isNamed(uris, name)) continue
    const text = await sandboxes.read(sandbox ?? '', name, maxDockerConfigBytes)
    if (text === undefined) continue
    const auth = inConfig(name, () => registryAuth(parseDockerConfig(text), image))
    if (auth !== undefined) return auth
  }
  return own && inConfig('--docker_config', () => registryAuth(own, image))
}

/** Any file may have this name: it counts where it was asked for as such. */
const isNamed = (uris: readonly CommandInfoURI[], name: string): boolean =>
  uris.some((uri) => {
    const plan = planFetch(uri)
    return 'output' in plan && plan.output === name
  })

const unauthorized = 401

const inConfig = <T>(name: string, act: () => T): T => {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof DockerConfigError)) throw error
    throw new EngineError(unauthorized, `${name}: ${error.message}`, { cause: error })
  }
}
