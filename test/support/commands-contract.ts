import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type {
  Bounds,
  CommandContainers,
  CommandExit,
  CommandSpec,
} from '../../src/core-agent/command/containers.ts'

/** One implementation on its machine. */
export interface CommandsHost {
  /** A new life of the agent: the containers of earlier ones are still there. */
  open(): CommandContainers
  /** Lets time pass until the promise settles. */
  until<T>(promise: Promise<T>): Promise<T>
  sandbox(containerId: string): string
  dispose(): void
}

const bounds: Bounds = {
  cpusMilli: 100,
  cpuQuotaMicros: 0,
  memoryBytes: 64 * 1024 ** 2,
  memorySoftBytes: 0,
  diskBytes: 0,
}

let lastId = 0
const freshId = (): string => {
  lastId += 1
  return `00000000-0000-4000-8000-${String(process.pid).padStart(6, '0')}${String(lastId).padStart(6, '0')}`
}

/** What any containerizer of commands does, whether it is real or simulated. */
export const commandsContract = (name: string, make: () => CommandsHost): void => {
  describe(name, () => {
    let host: CommandsHost
    let containers: CommandContainers
    let exits: Map<string, CommandExit>
    let waiting: Map<string, (exit: CommandExit) => void>

    const openAnew = async (): Promise<readonly string[]> => {
      containers = host.open()
      exits = new Map()
      waiting = new Map()
      return host.until(
        containers.recover({
          onExit: (id, exit) => {
            exits.set(id, exit)
            waiting.get(id)?.(exit)
          },
        }),
      )
    }
    const exitOf = (id: string): Promise<CommandExit> =>
      host.until(
        new Promise((resolve) => {
          const known = exits.get(id)
          if (known === undefined) waiting.set(id, resolve)
          else resolve(known)
        }),
      )
    const spec = (line: string, more: Partial<CommandSpec> = {}): CommandSpec => {
      const containerId = freshId()
      return {
        containerId,
        sandbox: host.sandbox(containerId),
        uris: [],
        user: undefined,
        tier: 'regular',
        argv: ['/bin/sh', '-c', line],
        environment: new Map([['PATH', '/usr/bin:/bin']]),
        rlimits: [],
        bounds,
        ...more,
      }
    }

    beforeEach(async () => {
      host = make()
      await openAnew()
    })
    afterEach(() => {
      containers.close()
      host.dispose()
    })

    test.each([
      { line: 'true', status: 0 },
      { line: 'exit 7', status: 7 },
    ])('the exit status of `$line` is $status', async ({ line, status }) => {
      const one = spec(line)
      await host.until(containers.launch(one))
      expect(await exitOf(one.containerId)).toEqual({ status })
    })

    test('another command runs beside the first one, and what takes too long is killed', async () => {
      const one = spec('sleep 1000')
      await host.until(containers.launch(one))
      const run = (line: string, signal = new AbortController().signal) => {
        const { argv, environment } = spec(line)
        return containers.run(one.containerId, { argv, environment, user: undefined }, signal)
      }
      expect(await host.until(run('exit 7'))).toBe(7)
      expect(await host.until(run('true'))).toBe(0)
      const late = new AbortController()
      const slow = run('sleep 1000', late.signal)
      late.abort()
      await expect(host.until(slow)).rejects.toThrow('took too long')
      containers.signal(one.containerId, 'SIGKILL')
      await exitOf(one.containerId)
      await expect(host.until(run('true'))).rejects.toThrow('does not run')
    })

    test('SIGTERM reaches the command, and shows in its status', async () => {
      const one = spec('sleep 1000')
      await host.until(containers.launch(one))
      containers.signal(one.containerId, 'SIGTERM')
      expect(await exitOf(one.containerId)).toEqual({ status: 143 })
    })

    test('SIGKILL ends what ignores SIGTERM', async () => {
      const one = spec("trap '' TERM; sleep 1000; sleep 1000")
      await host.until(containers.launch(one))
      containers.signal(one.containerId, 'SIGKILL')
      expect(await exitOf(one.containerId)).toEqual({ status: 137 })
    })

    test('a container that wants more memory than it has is taken down, and says so', async () => {
      const one = spec('tail /dev/zero')
      await host.until(containers.launch(one))
      expect(await exitOf(one.containerId)).toEqual({
        status: 137,
        limitation: {
          resource: 'mem',
          message: 'Memory limit exceeded: Requested: 64MB Maximum Used: 64MB',
        },
      })
    })

    test('a container outlives the agent, and its exit status is not lost', async () => {
      const [ended, alive] = [spec('exit 5'), spec('sleep 1000')]
      await host.until(containers.launch(ended))
      await host.until(containers.launch(alive))
      await exitOf(ended.containerId)
      containers.close()
      expect([...(await openAnew())].sort()).toEqual([ended.containerId, alive.containerId].sort())
      expect(await exitOf(ended.containerId)).toEqual({ status: 5 })
      expect(exits.has(alive.containerId)).toBe(false)
      containers.signal(alive.containerId, 'SIGKILL')
      expect(await exitOf(alive.containerId)).toEqual({ status: 137 })
    })

    test('what was removed after its end is not found again', async () => {
      const one = spec('true')
      await host.until(containers.launch(one))
      await exitOf(one.containerId)
      expect(containers.usage(one.containerId)).toHaveProperty('memoryBytes')
      containers.remove(one.containerId)
      expect(await openAnew()).toEqual([])
      expect(containers.usage(one.containerId)).toBeUndefined()
    })

    test('removing what runs, and signalling what is unknown, do nothing', async () => {
      const one = spec('sleep 1000')
      await host.until(containers.launch(one))
      containers.remove(one.containerId)
      containers.signal('unknown', 'SIGKILL')
      containers.update('unknown', bounds)
      containers.signal(one.containerId, 'SIGKILL')
      expect(await exitOf(one.containerId)).toEqual({ status: 137 })
    })

    test('a user that the machine does not have is named', async () => {
      await expect(host.until(containers.launch(spec('true', { user: 'nosuch' })))).rejects.toThrow(
        "The agent's machine has no user 'nosuch'",
      )
      expect(await openAnew()).toEqual([])
    })
  })
}
