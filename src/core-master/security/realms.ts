import { type Answer, text } from '../../mesos/answers.ts'
import { readAuthorization, sameSecret } from '../../runtime/credential.ts'
import type { HttpRequest } from '../../runtime/transport.ts'
import { agentLinkPath } from '../http/agent-link-api.ts'
import { schedulerPath } from '../http/scheduler-api.ts'

export type Realm = 'readonly' | 'readwrite' | 'scheduler' | 'agent'

/** Who must prove who they are, and how (AU1). */
export interface Authentication {
  readonly required: ReadonlySet<Realm>
  /** By principal. */
  readonly secrets: ReadonlyMap<string, string>
}

/** Answered to anybody: they say nothing of the cluster. */
const openPaths: ReadonlySet<string> = new Set(['/health', '/version', '/redirect'])

/** Endpoints that change something; what is not read only is one of them whatever its path. */
const writePaths =
  /^\/(api\/v1|quota|weights|reserve|unreserve|teardown|create-volumes|destroy-volumes|machine\/.*|maintenance\/.*)$/

/** The realm of a path, without the /master prefix; undefined: open to all. */
export const realmOf = (method: string, path: string): Realm | undefined => {
  if (path === schedulerPath) return 'scheduler'
  if (path === agentLinkPath) return 'agent'
  if (openPaths.has(path)) return undefined
  return writePaths.test(path) || (method !== 'GET' && method !== 'HEAD') ? 'readwrite' : 'readonly'
}

export type Identity =
  /** `principal` is undefined where nobody had to prove anything. */
  { readonly principal: string | undefined } | { readonly answer: Answer }

/** Who a request is from, or the 401 with which it ends (row 1 of core-master §1.2). */
export const identify = (
  { required, secrets }: Authentication,
  request: HttpRequest,
  path: string,
): Identity => {
  const realm = realmOf(request.method, path)
  if (realm === undefined || !required.has(realm)) return { principal: undefined }
  const given = readAuthorization(request.headers['authorization'])
  const secret = given && secrets.get(given.principal)
  if (given !== undefined && secret !== undefined && sameSecret(given.secret, secret))
    return { principal: given.principal }
  return {
    answer: text(401, '401 Unauthorized', {
      'www-authenticate': `Basic realm="mesos-master-${realm}"`,
    }),
  }
}
