import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, request as startRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, inject, vi } from 'vitest'
import { removeEmptyCgroups } from '../../src/cli/cgroups.ts'
import { parseAgentConfig } from '../../src/core-agent/config.ts'
import { startAgent } from '../../src/core-agent/main.ts'
import { frameworkHeader } from '../../src/mesos/engine-endpoint.ts'
import { CloseStack } from '../../src/runtime/close-stack.ts'
import { createServer, listen, mount } from '../../src/runtime/http-server.ts'
import { bodyTask, ScriptedMaster, type TaskOptions } from './agent-rig.ts'

export const until = (holds: () => boolean) =>
  vi.waitFor(() => expect(holds()).toBe(true), { timeout: 20_000, interval: 20 })

export interface RealAgent {
  readonly master: ScriptedMaster
  readonly id: string
  readonly port: number
  /** Stops the agent and starts it anew. */
  restart(): Promise<RealAgent>
}

/**
 * Real agents with a scripted master each, on the tests' engine or another one. Called at the top of a test file: what
 * they leave is removed after each test.
 */
export const realAgents = (engineSocket = () => inject('engine').socket) => {
  const cgroupsRoot = `/shoal-test-${process.pid}`
  let stack = new CloseStack()
  let sequence = 0

  afterEach(async () => {
    await stack.close()
    stack = new CloseStack()
  })
  afterAll(() => removeEmptyCgroups(cgroupsRoot))

  /** A scripted master on a real socket. */
  const startMaster = async (id: string) => {
    const master = new ScriptedMaster()
    master.givesId = id
    const app = createServer()
    mount(app, master.application, { bodyLimitBytes: 1e7 })
    const { port } = await listen(app, { host: '127.0.0.1', port: 0 })
    stack.push(() => app.close())
    return { master, port }
  }

  /** A real agent on the tests' engine, under an id of its own. */
  const start = async (more: Readonly<Record<string, string>> = {}): Promise<RealAgent> => {
    sequence += 1
    const id = `real-${process.pid}-S${sequence}`
    const { master, port: masterPort } = await startMaster(id)
    const workDir = mkdtempSync(join(tmpdir(), 'shoal-agent-'))
    stack.push(() => rmSync(workDir, { recursive: true }))
    const flags = {
      master: `127.0.0.1:${masterPort}`,
      port: '0',
      work_dir: workDir,
      docker: `unix://${engineSocket()}`,
      resources: 'cpus:4;mem:1024',
      cgroups_root: cgroupsRoot,
      registration_backoff_factor: '1ms',
      ...more,
    }
    const given = Object.entries(flags).map(([name, value]) => [name, [value]])
    const config = parseAgentConfig(
      Object.fromEntries(given) as Record<string, readonly string[]>,
      {},
    )
    const life = async (): Promise<RealAgent> => {
      const subscriptions = master.ofType('SUBSCRIBE').length
      const agent = await startAgent(config)
      stack.push(() => agent.close())
      await until(() => master.ofType('SUBSCRIBE').length > subscriptions)
      const restart = async () => {
        await agent.close()
        return life()
      }
      return { master, id, port: agent.port, restart }
    }
    stack.push(() => removeAll(id))
    return life()
  }

  /** The engine's own rows of an agent's containers. */
  const containersOf = async (agentId: string) => {
    const filters = JSON.stringify({ label: [`org.mesos.agent_id=${agentId}`] })
    const query = `all=1&filters=${encodeURIComponent(filters)}`
    const { body } = await send({ socketPath: engineSocket() }, 'GET', `/containers/json?${query}`)
    return JSON.parse(body) as readonly { readonly Id: string }[]
  }

  const removeAll = async (agentId: string) => {
    for (const { Id } of await containersOf(agentId))
      await send({ socketPath: engineSocket() }, 'DELETE', `/containers/${Id}?force=1&v=1`)
  }

  /** Has a container created as our frontend does, and gives its id. */
  const create = async (
    rig: RealAgent,
    id: string,
    command: readonly string[],
    options?: TaskOptions,
  ) => {
    rig.master.launch({ ...bodyTask(id, command, options), agent_id: { value: rig.id } })
    await until(() => rig.master.states(id).length > 0)
    const [status] = rig.master.statuses(id)
    expect(status?.message).toBeUndefined()
    const [inspect] = JSON.parse(Buffer.from(status?.data ?? []).toString()) as [{ Id: string }]
    return inspect.Id
  }

  const unique = (name: string) => `${name}-${process.pid}-${sequence}`

  return { cgroupsRoot, containersOf, create, engineSocket, start, unique }
}

type Where = { readonly socketPath: string } | { readonly port: number }

export const send = (
  where: Where,
  method: string,
  path: string,
  json?: unknown,
  framework = 'f1',
) =>
  new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
    const headers = {
      [frameworkHeader]: framework,
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const sent = startRequest({ ...where, method, path, headers }, (response: IncomingMessage) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    sent.on('error', reject)
    sent.end(json === undefined ? undefined : JSON.stringify(json))
  })
