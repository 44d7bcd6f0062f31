import { request } from 'node:http'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startCluster, type TestCluster } from '../support/cluster.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startCluster({ engine: inject('engineHost') })
})
afterAll(() => cluster.dispose())

interface Answer {
  readonly status: number | undefined
  readonly message: string
}

const post = (path: string, body: string, type = 'application/json') =>
  new Promise<Answer>((resolve, reject) => {
    const { hostname, port } = new URL(cluster.ready.dockerHost.replace('tcp:', 'http:'))
    const call = request(
      { hostname, port, path, method: 'POST', headers: { 'content-type': type } },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => {
          const parsed = JSON.parse(text) as { message?: string }
          resolve({ status: response.statusCode, message: parsed.message ?? text })
        })
      },
    )
    call.on('error', reject)
    call.end(body)
  })

const create = (body: unknown, name = '') =>
  post(
    `/v1.44/containers/create${name && `?name=${name}`}`,
    typeof body === 'string' ? body : JSON.stringify(body),
  )

const image = { Image: 'busybox', Cmd: ['true'] }
const constrained = (...expressions: string[]) => ({
  ...image,
  Labels: { 'com.docker.swarm.constraints': JSON.stringify(expressions) },
})

test.each([
  {
    name: 'two res-type expressions',
    body: constrained('res-type==regular', 'res-type==~revocable'),
    want: "multiple resources constraint 'res-type' are specified",
  },
  {
    name: 'res-type!=re*',
    body: constrained('res-type!=re*'),
    want: "invalid constraint \"res-type!=re*\": matches neither 'regular' nor 'revocable'",
  },
  {
    name: 'res-type==foo',
    body: constrained('res-type==foo'),
    want: "invalid constraint \"res-type==foo\": matches neither 'regular' nor 'revocable'",
  },
  {
    name: 'no operator',
    body: constrained('region'),
    want: 'invalid constraint "region": One of operator ==, != is expected',
  },
  { name: 'the value / (D6)', body: constrained('node==/'), want: 'invalid constraint "node==/"' },
  {
    name: 'a broken regular expression',
    body: constrained('node==/(/'),
    want: 'invalid constraint "node==/(/"',
  },
  { name: 'a body that is not JSON', body: '{"Image":', want: 'JSON' },
  { name: 'a body that is no object', body: '[]', want: 'object' },
  { name: 'an Image that is no text', body: { Image: 7 }, want: 'Image' },
  {
    name: 'a 1 MB label',
    body: { ...image, Labels: { big: 'x'.repeat(1024 * 1024) } },
    want: 'label',
  },
  {
    name: 'a port that is none',
    body: { ...image, HostConfig: { PortBindings: { 'x/tcp': [{ HostPort: '1' }] } } },
    want: 'port',
  },
  {
    name: 'a bad name',
    body: image,
    container: '-x',
    want: 'Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
  },
])('400 at once, and nothing left behind: $name', async ({ body, container, want }) => {
  const answer = await create(body, container)
  expect(answer.message).toContain(want)
  expect(answer.status).toBe(400)
  expect(await cluster.docker.ok('ps', '-aq')).toBe('')
})

test("an unknown image answers 404 in the registry's or the engine's words, and leaves nothing", async () => {
  const answer = await create({ Image: '127.0.0.1:1/nosuch:tag' })
  expect(answer.status).toBe(404)
  expect(answer.message).toContain('No such image: 127.0.0.1:1/nosuch:tag')
  expect(await cluster.docker.ok('ps', '-aq')).toBe('')
})

test('a name in use answers 409 with the holder, and the first one stays', async () => {
  const id = await cluster.docker.ok('run', '-d', '--name', 'taken', 'busybox', 'sleep', '100')
  const answer = await create(image, 'taken')
  expect(answer).toEqual({
    status: 409,
    message: `Conflict. The container name "/taken" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
  })
  await cluster.docker.ok('rm', '-f', 'taken')
})

test('two creates of one name at the same moment: one wins, one gets 409 (D34)', async () => {
  const answers = await Promise.all([create(image, 'twin'), create(image, 'twin')])
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 409]))
  await cluster.docker.ok('rm', '-f', 'twin')
})

test.each([
  {
    name: 'too new',
    path: '/v9.99/info',
    want: 'client version 9.99 is too new. Maximum supported API version is 1.44',
  },
  {
    name: 'too old',
    path: '/v1.10/info',
    want: 'client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
  },
])('an API version that is $name answers 400 (D46)', async ({ path, want }) => {
  expect(await post(path, '')).toEqual({ status: 400, message: want })
})

test('everything still works afterwards', async () => {
  expect(await cluster.docker.ok('run', '--rm', 'busybox', 'echo', 'ok')).toBe('ok')
})
