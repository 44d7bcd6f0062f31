import { describe, expect, test } from 'vitest'
import { type Engine, EngineError } from '../../src/core-agent/docker/engine.ts'
import { labelsOf, nameOf, neverStarted, stateOf } from '../../src/core-agent/docker/inspect.ts'
import type { DockerEvent } from '../../src/mesos/engine-endpoint.ts'

/** What the contract needs beside an engine: a fake one must be given time. */
export interface EngineRig {
  readonly engine: () => Engine
  /** Waits for an answer while the engine's time passes. */
  settled<T>(answer: Promise<T>): Promise<T>
  /** Waits until `holds` is true, or fails. */
  until(holds: () => boolean): Promise<void>
  /** Unix seconds as the engine sees them. */
  nowSeconds(): number
}

const removal = { type: 'remove', force: true, volumes: true, link: false } as const

/** What every Engine does, the real one and the fake. Needs `busybox:latest` and no registry. */
export const engineContract = (kind: string, rig: EngineRig): void => {
  let sequence = 0
  const name = () => `contract-${process.pid}-${(sequence += 1)}`
  const call = <T>(act: (engine: Engine) => Promise<T>) => rig.settled(act(rig.engine()))
  const create = async (command: readonly string[], options: Record<string, unknown> = {}) => {
    const request = {
      name: name(),
      platform: '',
      body: { Image: 'busybox:latest', Cmd: command, ...options },
    }
    const { id } = await call((engine) => engine.create(request))
    return { id, name: request.name }
  }
  const look = (id: string) => call((engine) => engine.inspect(id))
  const remove = (id: string) => call((engine) => engine.change(id, removal))
  const state = async (id: string) => {
    const inspect = await look(id)
    if (inspect === undefined) throw new Error(`${id} is gone`)
    return stateOf(inspect)
  }
  const refusal = async (act: (engine: Engine) => Promise<unknown>): Promise<EngineError> => {
    const error = await call((engine) => act(engine).catch((reason: unknown) => reason))
    expect(error).toBeInstanceOf(EngineError)
    return error as EngineError
  }
  const ended = async (id: string) => {
    for (let tries = 0; tries < 200 && (await state(id)).alive; tries++);
    return state(id)
  }

  describe(`${kind} engine`, () => {
    test('answers a ping and tells what it is', async () => {
      await call((engine) => engine.ping())
      const facts = await call((engine) => engine.facts())
      expect(facts).toMatchObject({ healthy: true, osType: 'linux' })
      expect(facts.apiVersion).toMatch(/^1\.\d+$/)
      expect(facts.cgroupDriver).toMatch(/^(cgroupfs|systemd)$/)
    })

    test('lists images by their tags', async () => {
      const images = await call((engine) => engine.images())
      expect(images.flatMap(({ tags }) => tags)).toContain('busybox:latest')
    })

    test('creates a container that has not started', async () => {
      const created = await create(['sleep', '1000'], { Labels: { a: 'b' } })
      const inspect = await look(created.id)
      expect(inspect?.Id).toBe(created.id)
      if (inspect === undefined) return
      expect(nameOf(inspect)).toBe(created.name)
      expect(labelsOf(inspect)).toEqual({ a: 'b' })
      expect(stateOf(inspect)).toMatchObject({
        status: 'created',
        alive: false,
        startedAt: neverStarted,
      })
      await remove(created.id)
      expect(await look(created.id)).toBeUndefined()
    })

    test('says which image is missing', async () => {
      const request = { name: name(), platform: '', body: { Image: 'no-such-image-here' } }
      const error = await refusal((engine) => engine.create(request))
      expect(error.status).toBe(404)
      expect(error.message).toMatch(/^No such image: no-such-image-here/)
    })

    test('fails a pull that no registry can serve', async () => {
      await expect(
        call((engine) => engine.pull('localhost:1/no-such-image', '')),
      ).rejects.toMatchObject({ name: 'EngineError', status: 404 })
    })

    test('refuses a name in use, at create and at rename', async () => {
      const [first, second] = [await create(['true']), await create(['true'])]
      const request = { name: first.name, platform: '', body: { Image: 'busybox:latest' } }
      const text = `The container name "/${first.name}" is already in use by container "${first.id}"`
      const created = await refusal((engine) => engine.create(request))
      const rename = { type: 'rename', name: first.name } as const
      const renamed = await refusal((engine) => engine.change(second.id, rename))
      expect(created.status).toBe(409)
      expect(created.message).toContain(text)
      expect(renamed.status).toBe(409)
      await remove(first.id)
      await call((engine) => engine.change(second.id, rename))
      const inspect = await look(second.id)
      expect(inspect && nameOf(inspect)).toBe(first.name)
      await remove(second.id)
    })

    test('starts once, and says so the second time', async () => {
      const { id } = await create(['sleep', '1000'])
      expect(await call((engine) => engine.change(id, { type: 'start' }))).toEqual({
        changed: true,
      })
      expect((await state(id)).alive).toBe(true)
      expect(await call((engine) => engine.change(id, { type: 'start' }))).toEqual({
        changed: false,
      })
      await remove(id)
    })

    test('keeps the exit code of what ended', async () => {
      const { id } = await create(['sh', '-c', 'exit 7'])
      await call((engine) => engine.change(id, { type: 'start' }))
      expect(await ended(id)).toMatchObject({
        status: 'exited',
        exit: { code: 7, oomKilled: false },
      })
      await remove(id)
    })

    test('stops with the signal that is asked for', async () => {
      const { id } = await create(['sleep', '1000'])
      await call((engine) => engine.change(id, { type: 'start' }))
      const stop = { type: 'stop', timeoutSeconds: 30, signal: 'SIGKILL' } as const
      expect(await call((engine) => engine.change(id, stop))).toEqual({ changed: true })
      expect((await ended(id)).exit.code).toBe(137)
      expect(await call((engine) => engine.change(id, stop))).toEqual({ changed: false })
      await remove(id)
    })

    test('stops with SIGKILL when there is no time, and has nothing to stop afterwards', async () => {
      const { id } = await create(['sleep', '1000'])
      const stop = { type: 'stop', timeoutSeconds: 0 } as const
      await call((engine) => engine.change(id, { type: 'start' }))
      expect(await call((engine) => engine.change(id, stop))).toEqual({ changed: true })
      expect(await state(id)).toMatchObject({ alive: false, exit: { code: 137 } })
      expect(await call((engine) => engine.change(id, stop))).toEqual({ changed: false })
      await remove(id)
    })

    test('cannot kill what does not run', async () => {
      const { id } = await create(['true'])
      const error = await refusal((engine) =>
        engine.change(id, { type: 'kill', signal: 'SIGKILL' }),
      )
      expect(error.status).toBe(409)
      expect(error.message).toMatch(/is not running/)
      await remove(id)
    })

    test('removes what runs only by force', async () => {
      const { id } = await create(['sleep', '1000'])
      await call((engine) => engine.change(id, { type: 'start' }))
      const error = await refusal((engine) => engine.change(id, { ...removal, force: false }))
      expect(error.status).toBe(409)
      expect(error.message).toMatch(/^You cannot remove a running container/)
      await remove(id)
      expect((await refusal((engine) => engine.change(id, removal))).status).toBe(404)
    })

    test('a restart is another run', async () => {
      const { id } = await create(['sleep', '1000'])
      await call((engine) => engine.change(id, { type: 'start' }))
      const first = await state(id)
      await call((engine) => engine.change(id, { type: 'restart', timeoutSeconds: 0 }))
      const second = await state(id)
      expect(second.alive).toBe(true)
      expect(second.startedAt).not.toBe(first.startedAt)
      await remove(id)
    })

    test('a command that is not there fails the start, and the container stays created', async () => {
      const { id } = await create(['no-such-command'])
      const error = await refusal((engine) => engine.change(id, { type: 'start' }))
      expect(error.status).toBe(400)
      expect(error.message).toContain('executable file not found')
      expect(await state(id)).toMatchObject({
        status: 'created',
        startedAt: neverStarted,
        exit: { code: 127 },
      })
      await remove(id)
    })

    test('updates what can be updated while it runs', async () => {
      const { id } = await create(['sleep', '1000'])
      await call((engine) => engine.change(id, { type: 'start' }))
      const body = { RestartPolicy: { Name: 'unless-stopped' } }
      const outcome = await call((engine) => engine.change(id, { type: 'update', body }))
      expect(outcome.changed).toBe(true)
      expect(outcome.body).toHaveProperty('Warnings')
      expect((await look(id))?.['HostConfig']).toMatchObject(body)
      await remove(id)
    })

    test('lists by labels, stopped ones when asked', async () => {
      const label = name()
      const { id } = await create(['true'], { Labels: { label } })
      const filters = { label: [`label=${label}`] }
      const all = await call((engine) => engine.list({ all: true, filters }))
      expect(all.map(({ Id }) => Id)).toEqual([id])
      expect(await call((engine) => engine.list({ all: false, filters }))).toEqual([])
      await remove(id)
    })

    test('tells what a container said, with its time, until it ends, and from a time on', async () => {
      const { id } = await create(['sh', '-c', 'echo words'])
      await call((engine) => engine.change(id, { type: 'start' }))
      await ended(id)
      const said = (since: string | undefined) =>
        call(async (engine) => {
          const chunks: Uint8Array[] = []
          const { signal } = new AbortController()
          for await (const chunk of engine.logs(id, since, signal)) chunks.push(chunk)
          return Buffer.concat(chunks).toString('latin1')
        })
      const all = await said(undefined)
      expect(all.slice(0, 4)).toBe('\x01\0\0\0')
      expect(all.slice(8)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z words\n$/)
      expect(await said('4000000000.0')).toBe('')
      await remove(id)
    })

    test('tells what happens, the past first', async () => {
      const since = rig.nowSeconds()
      const label = name()
      const { id } = await create(['sh', '-c', 'exit 3'], { Labels: { label } })
      const events: DockerEvent[] = []
      const stream = rig.engine().events(since, {
        onEvent: (event) => {
          if (event['id'] === id) events.push(event)
        },
        onEnd: () => {},
      })
      await call((engine) => engine.change(id, { type: 'start' }))
      await ended(id)
      await remove(id)
      const actions = () => events.map((event) => event['Action'])
      await rig.until(() => actions().includes('destroy'))
      stream.close()
      expect(
        actions().filter((action) => /^(create|start|die|destroy)$/.test(String(action))),
      ).toEqual(['create', 'start', 'die', 'destroy'])
      const died = events.find((event) => event['Action'] === 'die')
      expect(died?.['Actor']).toMatchObject({ ID: id, Attributes: { label, exitCode: '3' } })
    })

    test('runs a command in a container and answers its exit code; what takes too long rejects', async () => {
      const { id } = await create(['sleep', '1000'])
      const run = (line: string, signal = new AbortController().signal) => {
        const command = { argv: ['/bin/sh', '-c', line], environment: new Map() }
        return (engine: Engine) => engine.exec(id, command, signal)
      }
      expect((await refusal(run('true'))).status).toBe(409)
      await call((engine) => engine.change(id, { type: 'start' }))
      expect(await call(run('exit 7'))).toBe(7)
      expect(await call(run('true'))).toBe(0)
      const late = new AbortController()
      const slow = rig.engine()
      const outcome = run(
        'sleep 1000',
        late.signal,
      )(slow).then(
        () => 'done',
        () => 'given up',
      )
      await call((engine) => engine.ping())
      late.abort()
      expect(await rig.settled(outcome)).toBe('given up')
      await remove(id)
    })

    test('knows the container of an exec, and refuses one in what does not run', async () => {
      const { id } = await create(['sleep', '1000'])
      const body = { Cmd: ['true'] }
      expect((await refusal((engine) => engine.createExec(id, body))).status).toBe(409)
      await call((engine) => engine.change(id, { type: 'start' }))
      const { Id } = (await call((engine) => engine.createExec(id, body))) as { Id: string }
      expect(await call((engine) => engine.execContainer(Id))).toBe(id)
      expect(await call((engine) => engine.execContainer('f'.repeat(64)))).toBeUndefined()
      await remove(id)
    })
  })
}
