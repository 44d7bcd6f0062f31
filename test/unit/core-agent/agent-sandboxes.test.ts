import { expect, test } from 'vitest'
import { segmentProblem } from '../../../src/core-agent/sandboxes/spec.ts'
import { AgentRig, agentId, dockerTask, stockFramework } from '../../support/agent-rig.ts'

const folder = (framework: string, task: string) =>
  `/var/lib/shoal/slaves/${agentId}/frameworks/${framework}/executors/${task}/runs/`

const mountsOf = (rig: AgentRig) =>
  [...rig.engine.containers.values()].map(({ host }) => host['Mounts'])

test('a task of another framework gets a sandbox, mounted where Mesos puts it (core-agent §3.2)', async () => {
  const rig = await new AgentRig().up()
  const task = dockerTask('job:1', 'sleep 10')
  const command = { ...task.command, user: '1000:50' }
  rig.master.launch({ ...task, command }, stockFramework)
  await rig.clock.advance(100)
  const [made] = rig.sandboxes.made.values()
  expect(made).toEqual({
    path: expect.stringMatching(folder('f2', 'job:1')) as string,
    owner: { uid: 1000, gid: 50 },
  })
  expect(mountsOf(rig)).toEqual([
    [{ Type: 'bind', Source: made?.path, Target: '/mnt/mesos/sandbox' }],
  ])
  const [container] = rig.engine.containers.values()
  expect(container?.body['Env']).toContain('MESOS_SANDBOX=/mnt/mesos/sandbox')
})

test('a task of our own frontend needs none: `docker run` pays nothing for it', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['sleep', '10'])
  expect(rig.sandboxes.made.size).toBe(0)
  expect(mountsOf(rig)).toEqual([undefined])
})

test('--sandbox_directory', async () => {
  const rig = await new AgentRig({ flags: { sandbox_directory: '/sandbox' } }).up()
  rig.master.launch(dockerTask('t1', 'sleep 10'), stockFramework)
  await rig.clock.advance(100)
  expect(mountsOf(rig)).toMatchObject([[{ Target: '/sandbox' }]])
})

test('no sandbox, no container: the framework is told why, and the resources are free', async () => {
  const rig = await new AgentRig().up()
  rig.sandboxes.problem = 'ENOSPC: no space left on device'
  rig.master.launch(dockerTask('t1', 'sleep 10'), stockFramework)
  await rig.clock.advance(100)
  expect(rig.master.statuses('t1').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
    message: 'making the sandbox: ENOSPC: no space left on device',
  })
  expect(rig.engine.creates).toEqual([])
  expect(rig.agent.state).toMatchObject({ tasks: new Map(), abandoned: new Set() })
})

test.each([
  { id: '..', says: /'\.\.' cannot name a folder/ },
  { id: '.', says: /cannot name a folder/ },
  { id: '', says: /cannot name a folder/ },
  { id: 'a/b', says: /cannot name a folder/ },
  { id: 'a\0b', says: /cannot name a folder/ },
  { id: 'ä'.repeat(128), says: /more than 255 bytes/ },
  { id: 'x'.repeat(255), says: undefined },
  { id: 'job:1', says: undefined },
])('an id as a name of a folder: $id', ({ id, says }) => {
  const problem = segmentProblem('TaskInfo.task_id', id)
  if (says === undefined) expect(problem).toBeUndefined()
  else expect(problem).toMatch(says)
})

const fetching = (uris: readonly { readonly value: string }[]) => {
  const task = dockerTask('t1', 'sleep 10')
  return { ...task, command: { ...task.command, uris } }
}

test('files are fetched into the sandbox before the container is made (core-agent §3.1)', async () => {
  const rig = await new AgentRig().up()
  const uris = [{ value: '/srv/a.tgz' }, { value: 'http://h/b' }]
  rig.master.launch(fetching(uris), stockFramework)
  await rig.clock.advance(100)
  const [made] = rig.sandboxes.made.keys()
  expect(rig.fetcher.orders).toMatchObject([{ sandbox: made, uris, user: 'root' }])
  expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING'])
})

test('a file that cannot be had fails the task, and leaves neither container nor sandbox', async () => {
  const rig = await new AgentRig().up()
  rig.fetcher.problem = "URI 'http://h/b': the server answered with status 404"
  rig.master.launch(fetching([{ value: 'http://h/b' }]), stockFramework)
  await rig.clock.advance(100)
  expect(rig.master.statuses('t1').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
    message: "fetching files: URI 'http://h/b': the server answered with status 404",
  })
  expect(rig.engine.creates).toEqual([])
  expect(rig.sandboxes.made.size).toBe(0)
  expect(rig.agent.state).toMatchObject({ tasks: new Map(), abandoned: new Set() })
})

test('a kill does not wait for a fetch that goes on', async () => {
  const rig = await new AgentRig().up()
  rig.fetcher.problem = 'stall'
  rig.master.launch(fetching([{ value: 'http://h/b' }]), stockFramework)
  await rig.clock.advance(100)
  rig.master.kill('t1', 0, 'f2')
  await rig.clock.advance(100)
  expect(rig.master.states('t1')).toEqual(['KILLED'])
  expect(rig.engine.creates).toEqual([])
  expect(rig.sandboxes.made.size).toBe(0)
})

test('a URI that cannot be is TASK_ERROR at once', async () => {
  const rig = await new AgentRig().up()
  rig.master.launch(fetching([{ value: 'hdfs://h/b' }]), stockFramework)
  await rig.clock.advance(100)
  expect(rig.master.statuses('t1').at(-1)).toMatchObject({
    state: 'TASK_ERROR',
    message: expect.stringMatching(/^CommandInfo.uris: 'hdfs:\/\/h\/b': hdfs:/) as string,
  })
})

test('who may not mount a path may not have it fetched', async () => {
  const rig = await new AgentRig({ flags: { docker_policy: 'host-network,/srv/shared' } }).up()
  rig.master.launch(fetching([{ value: 'file:///etc/shadow' }]), stockFramework)
  await rig.clock.advance(100)
  expect(rig.master.statuses('t1').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    message: expect.stringMatching(
      /'file:\/\/\/etc\/shadow' is a path of the agent's machine/,
    ) as string,
  })
  expect(rig.fetcher.orders).toEqual([])
})
