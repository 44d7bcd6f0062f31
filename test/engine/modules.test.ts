import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { commandTask, dockerTask, stockFramework } from '../support/agent-rig.ts'
import { moduleFolder } from '../support/modules.ts'
import { realAgents, send } from '../support/real-agent.ts'

const { start, unique } = realAgents()
const files = moduleFolder()

const example = (
  file: string,
  name: string,
  parameters: Readonly<Record<string, string>> = {},
) => ({
  file: fileURLToPath(new URL(`../../examples/modules/${file}`, import.meta.url)),
  modules: [
    { name, parameters: Object.entries(parameters).map(([key, value]) => ({ key, value })) },
  ],
})

test('an agent with an example of each kind runs docker tasks and commands by them', async () => {
  const out = join(files.folder, 'out')
  const manifest = files.write(
    'modules.json',
    JSON.stringify({
      libraries: [
        example('team-hook.mjs', 'example_team_hook', { team: 'web' }),
        example('registry-mirror.mjs', 'example_registry_mirror'),
        example('half-idle-estimator.mjs', 'example_half_idle_estimator'),
        example('heat-controller.mjs', 'example_heat_controller', {
          file: files.write('temp', '95000'),
        }),
        example('file-count-isolator.mjs', 'example_file_count_isolator', { open: '64' }),
        example('json-lines-logger.mjs', 'example_json_lines_logger', { file: out }),
      ],
    }),
  )
  const rig = await start({
    modules: `file://${manifest}`,
    hooks: 'example_team_hook,example_registry_mirror',
    resource_estimator: 'example_half_idle_estimator',
    oversubscribed_resources_interval: '1secs',
    qos_controller: 'example_heat_controller',
    isolation: 'cgroups/cpu,cgroups/mem,cgroups/pids,posix/rlimits,example_file_count_isolator',
    container_logger: 'example_json_lines_logger',
  })
  const [subscription] = rig.master.ofType('SUBSCRIBE')
  const attributes = subscription?.subscribe?.agent_info.attributes ?? []
  expect(attributes.find(({ name }) => name === 'team')?.text?.value).toBe('web')

  const agent_id = { value: rig.id }
  const docker = { ...dockerTask(unique('docker'), 'echo hello $TEAM'), agent_id }
  const image = 'docker.io/library/busybox:latest' // With a registry: no mirror is asked.
  rig.master.launch({ ...docker, container: { type: 'DOCKER', docker: { image } } }, stockFramework)
  const command = {
    ...commandTask(unique('command'), 'test "$TEAM $(ulimit -n)" = "web 64"'),
    agent_id,
  }
  rig.master.launch(command, stockFramework)
  await vi.waitFor(
    () => {
      expect(rig.master.states(docker.name)).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
      expect(rig.master.states(command.name)).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
      expect(readFileSync(out, 'utf8')).toContain('"message":"hello web"')
    },
    { timeout: 30_000, interval: 50 },
  )
  const started = rig.master.statuses(docker.name)[0]
  const [shown] = JSON.parse(Buffer.from(started?.data ?? []).toString()) as [object]
  expect(shown).toMatchObject({ HostConfig: { LogConfig: { Type: 'json-file' } } })

  const ask = async (path: string) => JSON.parse((await send(rig, 'GET', path)).body) as object
  await vi.waitFor(
    async () => expect(await ask('/oversubscription')).toMatchObject({ frozen: true }),
    { timeout: 30_000, interval: 50 },
  )
  const { modules } = (await ask('/state')) as {
    readonly modules: readonly { readonly name: string; readonly last_error: string | null }[]
  }
  expect(modules.map(({ name, last_error }) => [name, last_error])).toEqual(
    [
      'example_team_hook',
      'example_registry_mirror',
      'example_half_idle_estimator',
      'example_heat_controller',
      'example_file_count_isolator',
      'example_json_lines_logger',
    ].map((name) => [name, null]),
  )
})
