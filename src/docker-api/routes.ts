import { type Handler, json } from './call.ts'
import { createContainer } from './containers/create.ts'
import { inspectContainer } from './containers/inspect.ts'
import {
  changeContainer,
  killContainer,
  restartContainer,
  startContainer,
  stopContainer,
} from './containers/life.ts'
import { listContainers } from './containers/list.ts'
import { commitContainer, toContainer, toContainerStream } from './containers/proxy.ts'
import { renameContainer } from './containers/rename.ts'
import { waitContainer } from './containers/wait.ts'
import { ApiError } from './errors.ts'
import { createExec, toExec } from './exec/exec.ts'
import { removeImage, tagImage } from './images/change.ts'
import { fromImageHolder } from './images/find.ts'
import { listImages } from './images/list.ts'
import { createImage } from './images/pull.ts'
import { createNetwork, joinNetwork, removeNetwork } from './networks/change.ts'
import { inspectNetwork, listNetworks } from './networks/read.ts'
import { toOneNode } from './one-node.ts'
import type { Answerer, Method, Route } from './route.ts'
import { getEvents } from './system/events.ts'
import { getInfo } from './system/info.ts'
import { ping } from './system/ping.ts'
import { getVersion } from './system/version.ts'
import { createVolume, inspectVolume, listVolumes, removeVolume } from './volumes/volumes.ts'

type Row = Omit<Route, 'method' | 'path' | 'answerer'>

/** Decided here. */
const served = (handle: Handler): Row => ({ support: 'served', handle })
/** Handed on byte for byte. */
const proxied = (handle: Handler): Row => ({ support: 'proxied', handle })
const hijacked = (handle: Handler): Row => ({ support: 'proxied', handle, hijacks: true })
const refused = (refuse: () => ApiError): Row => ({
  support: 'not served',
  handle: () => {
    throw refuse()
  },
})

const onNodes = 'ask the engine of a node for it'
const notServed = (route: string, remedy = onNodes): Row =>
  refused(() => new ApiError('NOT_SERVED', route, remedy))
const pageNotFound = refused(() => new ApiError('PAGE_NOT_FOUND'))
const notASwarm = refused(() => new ApiError('NOT_A_SWARM_MANAGER'))

const noPlugin: Handler = (_api, { params }) => {
  throw new ApiError('NO_SUCH_PLUGIN', params['name'] ?? '')
}

const routesOf = (
  rows: readonly (readonly [method: Method, path: string, answerer: Answerer, row: Row])[],
): readonly Route[] =>
  rows.map(([method, path, answerer, row]) => ({ method, path, answerer, ...row }))

/** The Docker API, one row a route, first match wins. `docs/docker-api.md` lists the same (docker-frontend §2). */
export const routes: readonly Route[] = routesOf([
  ['GET', '/_ping', 'own', served(ping)],
  ['HEAD', '/_ping', 'own', served(ping)],
  ['GET', '/version', 'own', served(getVersion)],
  ['GET', '/info', 'own', served(getInfo)],
  ['GET', '/events', 'all', served(getEvents)],
  ['POST', '/auth', 'one', proxied(toOneNode('/auth'))],
  ['GET', '/system/df', 'none', notServed('GET /system/df')],
  ['POST', '/session', 'none', pageNotFound],
  ['POST', '/grpc', 'none', pageNotFound],
  ['POST', '/build', 'none', notServed('POST /build', 'build on a node, push, and run the image')],
  ['POST', '/build/prune', 'none', notServed('POST /build/prune')],

  ['GET', '/containers/json', 'own', served(listContainers)],
  ['GET', '/containers/ps', 'own', served(listContainers)],
  ['POST', '/containers/create', 'agent', served(createContainer)],
  ['POST', '/containers/prune', 'none', notServed('POST /containers/prune', 'remove them by name')],
  ['GET', '/containers/{name}/json', 'agent', served(inspectContainer)],
  ['POST', '/containers/{name}/start', 'agent', served(startContainer)],
  ['POST', '/containers/{name}/stop', 'agent', served(stopContainer)],
  ['POST', '/containers/{name}/kill', 'agent', served(killContainer)],
  ['POST', '/containers/{name}/restart', 'agent', served(restartContainer)],
  ['POST', '/containers/{name}/pause', 'agent', served(changeContainer('/pause'))],
  ['POST', '/containers/{name}/unpause', 'agent', served(changeContainer('/unpause'))],
  ['POST', '/containers/{name}/update', 'agent', served(changeContainer('/update'))],
  ['POST', '/containers/{name}/rename', 'agent', served(renameContainer)],
  ['POST', '/containers/{name}/wait', 'agent', served(waitContainer)],
  ['POST', '/containers/{name}/attach', 'agent', hijacked(toContainerStream('/attach'))],
  [
    'GET',
    '/containers/{name}/attach/ws',
    'none',
    notServed('GET /containers/{name}/attach/ws', 'use attach'),
  ],
  ['POST', '/containers/{name}/resize', 'agent', proxied(toContainer('/resize'))],
  ['GET', '/containers/{name}/logs', 'agent', proxied(toContainerStream('/logs'))],
  ['POST', '/containers/{name}/exec', 'agent', served(createExec)],
  ['GET', '/containers/{name}/top', 'agent', proxied(toContainer('/top'))],
  ['GET', '/containers/{name}/stats', 'agent', proxied(toContainer('/stats'))],
  ['GET', '/containers/{name}/changes', 'agent', proxied(toContainer('/changes'))],
  ['GET', '/containers/{name}/export', 'agent', proxied(toContainer('/export'))],
  ['HEAD', '/containers/{name}/archive', 'agent', proxied(toContainer('/archive'))],
  ['GET', '/containers/{name}/archive', 'agent', proxied(toContainer('/archive'))],
  ['PUT', '/containers/{name}/archive', 'agent', proxied(toContainer('/archive'))],
  ['POST', '/containers/{name}/copy', 'none', pageNotFound],
  ['DELETE', '/containers/{name}', 'agent', served(changeContainer(''))],
  ['POST', '/commit', 'agent', proxied(commitContainer)],

  ['POST', '/exec/{id}/start', 'agent', hijacked(toExec('/start'))],
  ['POST', '/exec/{id}/resize', 'agent', proxied(toExec('/resize'))],
  ['GET', '/exec/{id}/json', 'agent', proxied(toExec('/json'))],

  ['GET', '/images/json', 'all', served(listImages)],
  ['POST', '/images/create', 'all', served(createImage)],
  ['GET', '/images/search', 'one', proxied(toOneNode('/images/search'))],
  ['GET', '/images/get', 'none', notServed('GET /images/get')],
  ['POST', '/images/load', 'none', notServed('POST /images/load', 'push the image to a registry')],
  ['POST', '/images/prune', 'none', notServed('POST /images/prune')],
  ['GET', '/images/{name}/json', 'has', served(fromImageHolder('/json'))],
  ['GET', '/images/{name}/history', 'has', served(fromImageHolder('/history'))],
  ['GET', '/images/{name}/get', 'none', notServed('GET /images/{name}/get')],
  ['POST', '/images/{name}/tag', 'has', served(tagImage)],
  ['POST', '/images/{name}/push', 'none', notServed('POST /images/{name}/push')],
  ['DELETE', '/images/{name}', 'has', served(removeImage)],
  ['GET', '/distribution/{name}/json', 'one', proxied(toOneNode('/distribution/{name}/json'))],

  ['GET', '/networks', 'all', served(listNetworks)],
  ['GET', '/networks/', 'all', served(listNetworks)],
  ['POST', '/networks/create', 'one', served(createNetwork)],
  ['POST', '/networks/prune', 'none', notServed('POST /networks/prune', 'remove them by name')],
  ['GET', '/networks/{name}', 'has', served(inspectNetwork)],
  ['POST', '/networks/{name}/connect', 'agent', served(joinNetwork('connect'))],
  ['POST', '/networks/{name}/disconnect', 'agent', served(joinNetwork('disconnect'))],
  ['DELETE', '/networks/{name}', 'has', served(removeNetwork)],

  ['GET', '/volumes', 'all', served(listVolumes)],
  ['POST', '/volumes/create', 'one', served(createVolume)],
  ['POST', '/volumes/prune', 'none', notServed('POST /volumes/prune', 'remove them by name')],
  ['GET', '/volumes/{name}', 'has', served(inspectVolume)],
  ['DELETE', '/volumes/{name}', 'has', served(removeVolume)],

  // There are none to see, so that `docker inspect` of an unknown name goes on to say that.
  ['GET', '/plugins', 'own', served(() => json(200, []))],
  ['GET', '/plugins/{name}/json', 'own', served(noPlugin)],
  ...(['GET', 'POST', 'DELETE'] as const).map(
    (method) =>
      [
        method,
        '/plugins{rest*}',
        'none',
        notServed(`${method} /plugins…`, 'plugins are managed engine by engine'),
      ] as const,
  ),
  ['POST', '/swarm/leave', 'none', refused(() => new ApiError('NOT_IN_A_SWARM'))],
  ...(['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'] as const).flatMap((kind) =>
    (['GET', 'POST', 'DELETE'] as const).map(
      (method) => [method, `/${kind}{rest*}`, 'none', notASwarm] as const,
    ),
  ),
])
