import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadModules } from '../../../../src/core-agent/modules/load.ts'
import { silent } from '../../../../src/runtime/logger.ts'
import { AgentRig, dockerTask, stockFramework } from '../../../support/agent-rig.ts'

const exampleAt = (file: string) =>
  fileURLToPath(new URL(`../../../../examples/modules/${file}`, import.meta.url))

/** An agent with the example as a file would have it loaded. */
const withHook = async (
  file: string,
  name: string,
  parameters: Readonly<Record<string, string>> = {},
) => {
  const said: object[] = []
  const logger = { ...silent, info: (fields: object) => void said.push(fields) }
  const library = { type: 'file', path: exampleAt(file) } as const
  const entry = { name, library, parameters, worker: undefined, failurePolicy: undefined }
  const rig = new AgentRig()
  const modules = await loadModules({
    entries: [entry],
    hooks: [name],
    version: '1.2.3',
    workDir: '/w',
    hostname: 'host-1',
    clock: rig.clock,
    logger,
  })
  return { modules, said, rig: await new AgentRig({ modules: () => modules }).up() }
}

describe('team-hook.mjs', () => {
  const labels = (team: string) => ({ labels: { labels: [{ key: 'team', value: team }] } })

  test('marks what runs here, and keeps other teams out', async () => {
    const { rig, said } = await withHook('team-hook.mjs', 'example_team_hook', { team: 'web' })
    rig.master.launch(dockerTask('ours', 'exit 0'), stockFramework)
    rig.master.launch({ ...dockerTask('theirs', 'exit 0'), ...labels('batch') }, stockFramework)
    await rig.clock.advance(1000)
    expect(rig.master.states('ours')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
    expect(rig.master.statuses('theirs').map(({ message }) => message)).toEqual([
      'asking the hooks: module example_team_hook: this machine belongs to web, the task to batch',
    ])
    const [container] = rig.engine.containers.values()
    expect(container?.body['Env']).toContain('TEAM=web')
    expect(said).toHaveLength(2)
  })

  test('adds an attribute, and wants its parameter', async () => {
    const { modules } = await withHook('team-hook.mjs', 'example_team_hook', { team: 'web' })
    const machine = { hostname: 'h', resources: [], attributes: [] }
    expect(await modules.hooks.attributes(machine)).toMatchObject([{ name: 'team' }])
    await expect(withHook('team-hook.mjs', 'example_team_hook')).rejects.toThrow(
      'parameter team is missing',
    )
  })
})

test('registry-mirror.mjs takes images from a mirror', async () => {
  const mirror = 'mirror.example:5000'
  const { rig } = await withHook('registry-mirror.mjs', 'example_registry_mirror', { mirror })
  rig.engine.registry.add(`${mirror}/busybox:latest`)
  rig.master.launch(dockerTask('t1', 'sleep 100'), stockFramework)
  await rig.clock.advance(1000)
  expect([...rig.engine.containers.values()].map(({ body }) => body)).toMatchObject([
    { Image: `${mirror}/busybox:latest`, HostConfig: { LogConfig: { Type: 'json-file' } } },
  ])
})
