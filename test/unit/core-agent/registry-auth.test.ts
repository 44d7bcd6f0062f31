import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { parseAgentConfig } from '../../../src/core-agent/config.ts'
import { DockerodeEngine } from '../../../src/core-agent/docker/dockerode-engine.ts'
import { parseDockerConfig, registryAuth } from '../../../src/core-agent/docker/registry-auth.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { AgentRig, dockerTask, stockFramework } from '../../support/agent-rig.ts'

const root = mkdtempSync(join(tmpdir(), 'shoal-auth-'))
afterAll(() => rmSync(root, { recursive: true }))

const basic = (login: string) => ({ auth: Buffer.from(login).toString('base64') })
const authOf = (config: object, image: string): unknown => {
  const header = registryAuth(parseDockerConfig(JSON.stringify(config)), image)
  return header === undefined ? undefined : JSON.parse(Buffer.from(header, 'base64url').toString())
}
const annHub = { username: 'ann', password: 'p:w', serveraddress: 'https://index.docker.io/v1/' }
const bob = { username: 'bob', password: 'x', serveraddress: 'r.example.com:5000' }

describe('the login of a registry', () => {
  test.each<{ name: string; config: object; image: string; want: unknown }>([
    {
      name: 'the Docker Hub by its old name',
      config: { auths: { 'https://index.docker.io/v1/': basic('ann:p:w') } },
      image: 'busybox',
      want: annHub,
    },
    {
      name: 'the Docker Hub by its short name',
      config: { auths: { 'docker.io': basic('ann:p:w') } },
      image: 'library/busybox:1.36',
      want: annHub,
    },
    {
      name: 'a registry with a port',
      config: { auths: { 'r.example.com:5000': basic('bob:x') } },
      image: 'r.example.com:5000/a/b@sha256:00',
      want: bob,
    },
    {
      name: 'a registry by its address',
      config: { auths: { 'http://r.example.com:5000/v2/': basic('bob:x') } },
      image: 'r.example.com:5000/a',
      want: bob,
    },
    {
      name: 'a .dockercfg, which has no auths',
      config: { 'r.example.com:5000': { ...basic('bob:x'), email: 'b@example.com' } },
      image: 'r.example.com:5000/a',
      want: bob,
    },
    {
      name: 'name and password as they are',
      config: { auths: { localhost: { username: 'bob', password: 'x' } } },
      image: 'localhost/a',
      want: { username: 'bob', password: 'x', serveraddress: 'localhost' },
    },
    {
      name: 'an identity token',
      config: { auths: { 'r.example.com': { ...basic('<token>:'), identitytoken: 't' } } },
      image: 'r.example.com/a',
      want: { identitytoken: 't', serveraddress: 'r.example.com' },
    },
    {
      name: 'another registry: none',
      config: { auths: { 'r.example.com': basic('bob:x') } },
      image: 'busybox',
      want: undefined,
    },
    {
      name: 'a user of the Hub is no registry',
      config: { auths: { ann: basic('bob:x') } },
      image: 'ann/app',
      want: undefined,
    },
    {
      name: 'a store is asked for what is named alone',
      config: { credsStore: 'desktop', auths: { 'r.example.com': {} } },
      image: 'busybox',
      want: undefined,
    },
  ])('$name', ({ config, image, want }) => {
    expect(authOf(config, image)).toEqual(want)
  })

  test.each<{ name: string; config: object; says: RegExp }>([
    {
      name: 'a store',
      config: { credsStore: 'desktop', auths: { 'r.example.com': {} } },
      says: /^the docker config leaves r\.example\.com to the credential helper desktop/,
    },
    {
      name: 'a helper',
      config: { credHelpers: { 'r.example.com': 'ecr-login' } },
      says: /credential helper ecr-login, .* put the login into auths$/,
    },
    { name: 'no user', config: { auths: { h: basic(':x') } }, says: /^auth of h: wanted/ },
    { name: 'no object', config: { auths: [] }, says: /^wanted a JSON object for auths/ },
  ])('is refused: $name', ({ config, says }) => {
    expect(() => authOf(config, 'r.example.com/a')).toThrow(says)
  })

  test('whatever the text is, a mistake in it does not show it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), (secret) => {
        const text = `{"auths": {"h": {"auth": ${secret}`
        try {
          parseDockerConfig(text)
        } catch (error) {
          expect(String(error)).toBe(
            'DockerConfigError: wanted JSON such as {"auths": {"registry.example.com": {"auth": "…"}}}',
          )
        }
      }),
    )
  })
})

describe('--docker_config', () => {
  const config = (value: string) =>
    parseAgentConfig({ master: ['m:5050'], work_dir: ['/w'], docker_config: [value] }, {})
  const text = JSON.stringify({ auths: { 'r.example.com': basic('bob:secret') } })

  test('is JSON, which nobody can read in /flags, or a file', () => {
    const path = join(root, 'config.json')
    writeFileSync(path, text)
    expect(config(text).flags['docker_config']).toBe('{…}')
    expect(config(`file://${path}`).flags['docker_config']).toBe(`file://${path}`)
    for (const one of [config(text), config(path)])
      expect(one.dockerConfig?.logins.get('r.example.com')).toMatchObject({ username: 'bob' })
    expect(() => config('nonsense')).toThrow(/--docker_config: wanted JSON/)
  })
})

describe('a pull', () => {
  const image = 'r.example.com/app:1'
  const own = JSON.stringify({ auths: { 'r.example.com': basic('agent:a') } })
  const task = (
    uris: readonly { readonly value: string; readonly output_file?: string }[] = [],
  ) => {
    const { container: _, ...given } = dockerTask('t1', 'sleep 10')
    return {
      ...given,
      command: { ...given.command, uris },
      container: { type: 'DOCKER', docker: { image } } as const,
    }
  }
  const pulled = async (
    uris: Parameters<typeof task>[0],
    files: Readonly<Record<string, object>>,
    flags: Readonly<Record<string, string>> = { docker_config: own },
  ) => {
    const rig = await new AgentRig({ flags }).up()
    rig.engine.registry.add(image)
    for (const [name, value] of Object.entries(files))
      rig.sandboxes.files.set(name, JSON.stringify(value))
    rig.master.launch(task(uris), stockFramework)
    await rig.clock.advance(200)
    return {
      rig,
      users: rig.engine.logins.map((one) => (JSON.parse(one) as { username: string }).username),
    }
  }
  const legacy = { 'r.example.com': basic('legacy:l') }

  test('has the login of a .dockercfg that was fetched, before the agent’s own', async () => {
    const { users } = await pulled([{ value: '/srv/.dockercfg' }], { '.dockercfg': legacy })
    expect(users).toEqual(['legacy'])
  })

  test('has that of a config.json that was fetched as such', async () => {
    const files = { 'config.json': { auths: legacy } }
    expect((await pulled([{ value: '/srv/config.json' }], files)).users).toEqual(['legacy'])
    expect((await pulled([{ value: '/srv/app.tgz' }], files)).users).toEqual(['agent'])
    const inside = { '.docker/config.json': { auths: legacy } }
    expect((await pulled([{ value: '/srv/docker.tar.gz' }], inside)).users).toEqual(['legacy'])
  })

  test('has the agent’s own where the task’s says nothing of the registry, and none without any', async () => {
    const other = { 'other.example.com': basic('x:y') }
    const uris = [{ value: '/srv/.dockercfg' }]
    expect((await pulled(uris, { '.dockercfg': other })).users).toEqual(['agent'])
    expect((await pulled([], {})).users).toEqual(['agent'])
    expect((await pulled([], {}, {})).users).toEqual([])
  })

  test('with a config that cannot be used fails the task, naming it', async () => {
    const helper = { credHelpers: { 'r.example.com': 'ecr-login' } }
    const { rig } = await pulled([{ value: '/srv/.dockercfg' }], { '.dockercfg': helper })
    expect(rig.master.statuses('t1').at(-1)).toMatchObject({
      state: 'TASK_FAILED',
      message: expect.stringMatching(
        /^pulling r\.example\.com\/app:1: \.dockercfg: the docker config leaves r\.example\.com/,
      ) as string,
    })
    expect(rig.engine.pulls).toEqual([])
  })

  test('reaches the engine with the header', async () => {
    const socketPath = join(root, 'engine.sock')
    const asked: (readonly [string | undefined, IncomingHttpHeaders])[] = []
    const server = createServer((request, response) => {
      asked.push([request.url, request.headers])
      response.end('{"status":"done"}\n')
    })
    await new Promise<void>((resolve) => server.listen(socketPath, resolve))
    try {
      const engine = new DockerodeEngine({ socketPath, clock: systemClock })
      await engine.pull(image, '', registryAuth(parseDockerConfig(own), image))
      await engine.pull(image, '')
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
    const [first, second] = asked
    expect(first?.[0]).toBe('/images/create?fromImage=r.example.com%2Fapp%3A1')
    const header = first?.[1]['x-registry-auth']
    expect(JSON.parse(Buffer.from(String(header), 'base64url').toString())).toEqual({
      username: 'agent',
      password: 'a',
      serveraddress: 'r.example.com',
    })
    expect(second?.[1]['x-registry-auth']).toBeUndefined()
  })
})
