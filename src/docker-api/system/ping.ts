import type { Answer, Api, Call } from '../call.ts'

/** `GET` and `HEAD /_ping`: what every client asks first (docker-frontend §1.3). The versions are in the general headers. */
export const ping = (_api: Api, call: Call): Answer => ({
  kind: 'whole',
  status: 200,
  headers: {
    swarm: 'inactive',
    'builder-version': '1',
    'cache-control': 'no-cache, no-store, must-revalidate',
    pragma: 'no-cache',
    'content-type': 'text/plain; charset=utf-8',
  },
  body: Buffer.from(call.method === 'HEAD' ? '' : 'OK'),
})
