import { describe, expect, test } from 'vitest'
import type { Agent, Framework, Task } from '../../../src/core-master/state.ts'
import { checkTask } from '../../../src/core-master/validation/task.ts'
import { type AgentId, type FrameworkId, id, type TaskId } from '../../../src/mesos/ids.ts'
import type { Resource, TaskInfo } from '../../../src/mesos/wire.ts'
import { format } from '../../../src/resources/resources.ts'
import { amounts } from '../../support/master-scenario.ts'

const scalar = (name: string, value: number, more: Partial<Resource> = {}): Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  ...more,
})

const ports = (begin: number, end: number): Resource => ({
  name: 'ports',
  type: 'RANGES',
  ranges: { range: [{ begin, end }] },
})

const shared = scalar('disk', 1, {
  role: 'role1',
  disk: { persistence: { id: 'v' }, volume: { container_path: 'd', mode: 'RW' } },
  shared: {},
})

const small = [scalar('cpus', 0.1), scalar('mem', 32)]

const task: TaskInfo = {
  name: 't',
  task_id: { value: 't' },
  agent_id: { value: 'S0' },
  command: { value: 'true' },
  resources: small,
}

const executor = { executor_id: { value: 'e' }, command: { value: './run' } }

const place = {
  framework: {
    id: id<FrameworkId>('F0'),
    tasks: new Map([[id<TaskId>('running'), {} as Task]]),
    unreachableTasks: new Map([[id<TaskId>('away'), {} as Task]]),
  } as unknown as Framework,
  agent: {
    id: id<AgentId>('S0'),
    capabilities: ['TASK_RESOURCE_LIMITS'],
    executors: new Map(),
  } as unknown as Agent,
  role: 'role1',
  remaining: amounts('ports:[31000-32000];cpus:8;mem:8160;disk:20000;+cpus:3.9;+mem:1024;gpus:2'),
}

const check = (change: Partial<TaskInfo>) => checkTask({ ...task, ...change }, place)

/** Texts as a real Mesos 1.12 master answered them, or as its validation has them. */
const refused: readonly { name: string; change: Partial<TaskInfo>; want: string }[] = [
  { name: 'an empty id', change: { task_id: { value: '' } }, want: 'ID must not be empty' },
  {
    name: 'a long id',
    change: { task_id: { value: 'x'.repeat(256) } },
    want: 'ID must not be greater than 255 characters',
  },
  { name: 'a dot', change: { task_id: { value: '..' } }, want: "'..' is disallowed" },
  {
    name: 'a slash in the id',
    change: { task_id: { value: 'a/b' } },
    want: "'a/b' contains invalid characters",
  },
  {
    name: 'an id in use',
    change: { task_id: { value: 'running' } },
    want: 'Task has duplicate ID: running',
  },
  {
    name: 'the id of an unreachable task',
    change: { task_id: { value: 'away' } },
    want: 'Task reuses the ID of an unreachable task: away',
  },
  {
    name: 'another agent',
    change: { agent_id: { value: 'S1' } },
    want: 'Task uses invalid agent S1 while agent S0 is expected',
  },
  {
    name: 'a negative grace period',
    change: { kill_policy: { grace_period: { nanoseconds: -1 } } },
    want: "Task's 'kill_policy.grace_period' must be non-negative",
  },
  {
    name: 'a negative completion time',
    change: { max_completion_time: { nanoseconds: -1 } },
    want: "Task's `max_completion_time` must be non-negative",
  },
  {
    name: 'a check without type',
    change: { check: {} },
    want: "Task uses invalid check: CheckInfo must specify 'type'",
  },
  {
    name: 'a health check without its part',
    change: { health_check: { type: 'HTTP' } },
    want: "Task uses invalid health check: Expecting 'http' to be set for HTTP health check",
  },
  {
    name: 'a health check with a relative path',
    change: { health_check: { type: 'HTTP', http: { port: 80, path: 'x' } } },
    want: "Task uses invalid health check: The path 'x' of HTTP health check must start with '/'",
  },
  {
    name: 'a health check command that is empty',
    change: { health_check: { type: 'COMMAND', command: { shell: false } } },
    want: "Task uses invalid health check: Command health check must contain 'executable path'",
  },
  {
    name: 'a health check that looks into the past',
    change: { health_check: { type: 'TCP', tcp: { port: 80 }, delay_seconds: -1 } },
    want: "Task uses invalid health check: Expecting 'delay_seconds' to be non-negative",
  },
  { name: 'R14: no resources', change: { resources: [] }, want: 'Task uses no resources' },
  {
    name: 'R15: a malformed resource',
    change: { resources: [scalar('cpus', -1)] },
    want: "Task uses invalid resources: Invalid resources: Invalid resource 'cpus': Invalid scalar resource: value < 0",
  },
  {
    name: 'R15: a range beyond what can be counted',
    change: {
      resources: [
        { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 0, end: 2 ** 60 }] } },
      ],
    },
    want: "Task uses invalid resources: Invalid resources: Invalid resource 'ports': a bound beyond 2^53",
  },
  {
    name: 'R16: half a gpu',
    change: { resources: [...small, scalar('gpus', 0.5)] },
    want: "Task uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer",
  },
  {
    name: 'R17: revocable and dynamically reserved',
    change: {
      resources: [
        scalar('cpus', 1, { revocable: {}, reservations: [{ type: 'DYNAMIC', role: 'role1' }] }),
      ],
    },
    want: 'Task uses invalid resources: Invalid ReservationInfo: Dynamically reserved resource cpus cannot be created from revocable resources',
  },
  {
    name: 'R18: a volume that says not where',
    change: { resources: [scalar('disk', 1, { disk: { persistence: { id: 'v' } } })] },
    want: "Task uses invalid resources: Invalid resources: Expecting 'volume' to be set for persistent volume",
  },
  {
    name: 'R20: resources of two roles',
    change: {
      resources: [
        scalar('cpus', 0.1, { allocation_info: { role: 'role1' } }),
        scalar('mem', 32, { allocation_info: { role: 'role2' } }),
      ],
    },
    want: "Invalid task resources: The resources have multiple allocation roles ('role2' and 'role1') but only one allocation role is allowed",
  },
  {
    name: 'R21: both kinds of one name',
    change: { resources: [...small, scalar('cpus', 0.1, { revocable: {} })] },
    want: "Task mixes revocable and non-revocable resources: Cannot use both revocable and non-revocable 'cpus' at the same time",
  },
  {
    name: 'R25: a shared resource that is no volume',
    change: { resources: [scalar('disk', 1, { shared: {} })] },
    want: 'Task uses invalid resources: Invalid resources: Only persistent volumes can be shared',
  },
  {
    name: 'an environment variable without value',
    change: { command: { value: 'true', environment: { variables: [{ name: 'X' }] } } },
    want: "Task's `CommandInfo` is invalid: Environment variable 'X' of type 'VALUE' must have a value set",
  },
  {
    name: 'a docker container without its part',
    change: { container: { type: 'DOCKER' } },
    want: "Task's `ContainerInfo` is invalid: DockerInfo 'docker' is not set for DOCKER typed ContainerInfo",
  },
  {
    name: 'a docker container with a name of its own',
    change: {
      container: {
        type: 'DOCKER',
        docker: { image: 'busybox', parameters: [{ key: 'name', value: 'x' }] },
      },
    },
    want: "Task's `ContainerInfo` is invalid: Parameter in DockerInfo must not be 'name'",
  },
  {
    name: 'a volume from nowhere',
    change: {
      container: { type: 'MESOS', volumes: [{ mode: 'RW', container_path: '/x' }] },
    },
    want: "Task's `ContainerInfo` is invalid: Invalid volume: Only one of them should be set: 'host_path', 'image' and 'source'",
  },
  {
    name: 'a limit of something else',
    change: { limits: { disk: { value: 1 } } },
    want: "Only cpus and mem may be included in a task's resource limits",
  },
  {
    name: 'a limit below the request',
    change: { limits: { cpus: { value: 0.05 } } },
    want: 'The cpu limit must be greater than or equal to the cpu request',
  },
  {
    name: 'a limit that is no number',
    change: { limits: { cpus: { value: Number.NaN } } },
    want: 'The cpu limit must be greater than or equal to the cpu request',
  },
  {
    name: 'a limit without request',
    change: { limits: { mem: { value: 64 } }, resources: [scalar('cpus', 1)] },
    want: 'When a memory limit is specified, a memory request must also be specified',
  },
  {
    name: 'neither command nor executor',
    change: { command: undefined },
    want: 'Task should have at least one (but not both) of CommandInfo or ExecutorInfo present',
  },
  {
    name: 'command and executor',
    change: { executor: { executor_id: { value: 'e' } } },
    want: 'Task should have at least one (but not both) of CommandInfo or ExecutorInfo present',
  },
  {
    name: 'an executor of its own without a command',
    change: { command: undefined, executor: { executor_id: { value: 'e' } } },
    want: "'ExecutorInfo.command' must be set for 'CUSTOM' executor",
  },
  {
    name: 'the default executor outside of a group',
    change: { command: undefined, executor: { executor_id: { value: 'e' }, type: 'DEFAULT' } },
    want: "'ExecutorInfo.type' must be 'CUSTOM'",
  },
  {
    name: 'an executor whose id cannot be a folder',
    change: { command: undefined, executor: { ...executor, executor_id: { value: 'a/b' } } },
    want: "'a/b' contains invalid characters",
  },
  {
    name: 'an executor of another framework',
    change: { command: undefined, executor: { ...executor, framework_id: { value: 'F9' } } },
    want: 'ExecutorInfo has an invalid FrameworkID (Actual: F9 vs Expected: F0)',
  },
  {
    name: 'R21: an executor with both kinds of one name',
    change: {
      command: undefined,
      executor: { ...executor, resources: [...small, scalar('cpus', 0.1, { revocable: {} })] },
    },
    want: "Executor mixes revocable and non-revocable resources: Cannot use both revocable and non-revocable 'cpus' at the same time",
  },
  {
    name: 'R21: both kinds of one name across task and executor',
    change: {
      command: undefined,
      executor: { ...executor, resources: [scalar('cpus', 0.1, { revocable: {} })] },
    },
    want: "Task and its executor mix revocable and non-revocable resources: Cannot use both revocable and non-revocable 'cpus' at the same time",
  },
  {
    name: 'R22: a port that its executor has too',
    change: {
      command: undefined,
      resources: [...small, ports(31000, 31005)],
      executor: { ...executor, resources: [ports(31005, 31006)] },
    },
    want: 'There are intersecting resources: cpus:0.1; mem:32; ports:[31000-31005] and ports:[31005-31006] name the same element',
  },
  {
    name: 'R23: an executor with a shared volume',
    change: { command: undefined, executor: { ...executor, resources: [shared] } },
    want: 'Executor resources cannot contain any shared resource',
  },
  {
    name: 'more than there is, with its executor',
    change: {
      command: undefined,
      resources: [scalar('gpus', 1)],
      executor: { ...executor, resources: [scalar('gpus', 2)] },
    },
    want: 'Total resources gpus(allocated: role1):3 required by task and its executor is more than available cpus(allocated: role1):8; cpus(allocated: role1){REV}:3.9; disk(allocated: role1):20000; gpus(allocated: role1):2; mem(allocated: role1):8160; mem(allocated: role1){REV}:1024; ports(allocated: role1):[31000-32000]',
  },
  {
    name: 'more than there is',
    change: { resources: [scalar('cpus', 1000), scalar('mem', 32)] },
    want: 'Total resources cpus(allocated: role1):1000; mem(allocated: role1):32 required by task and its executor is more than available cpus(allocated: role1):8; cpus(allocated: role1){REV}:3.9; disk(allocated: role1):20000; gpus(allocated: role1):2; mem(allocated: role1):8160; mem(allocated: role1){REV}:1024; ports(allocated: role1):[31000-32000]',
  },
  {
    name: 'more of one kind than there is of it',
    change: { resources: [scalar('cpus', 4, { revocable: {} })] },
    want: 'Total resources cpus(allocated: role1){REV}:4 required by task and its executor is more than available cpus(allocated: role1):8; cpus(allocated: role1){REV}:3.9; disk(allocated: role1):20000; gpus(allocated: role1):2; mem(allocated: role1):8160; mem(allocated: role1){REV}:1024; ports(allocated: role1):[31000-32000]',
  },
]

describe('a task is refused for (core-master O17, §4.4)', () => {
  test.each(refused)('$name', ({ change, want }) => {
    expect(check(change)).toEqual({ kind: 'invalid', message: want })
  })

  test('limits, where the agent cannot hold a task to them', () => {
    const agent = { ...place.agent, capabilities: [] }
    expect(checkTask({ ...task, limits: { cpus: { value: 1 } } }, { ...place, agent })).toEqual({
      kind: 'invalid',
      message: 'Agent is not capable of handling task resource limits',
    })
  })
})

test.each<{ name: string; change: Partial<TaskInfo>; want: string }>([
  { name: 'a plain one', change: {}, want: 'cpus:0.1; mem:32' },
  {
    name: 'revocable cpus with regular memory (R21)',
    change: { resources: [scalar('cpus', 1, { revocable: {} }), scalar('mem', 32)] },
    want: 'cpus{REV}:1; mem:32',
  },
  {
    name: 'the old form of resources, without allocation (§2)',
    change: { resources: [scalar('cpus', 1, { role: '*' })] },
    want: 'cpus:1',
  },
  {
    name: 'an infinite memory limit',
    change: { limits: { mem: { value: Number.POSITIVE_INFINITY } } },
    want: 'cpus:0.1; mem:32',
  },
])('a task runs: $name', ({ change, want }) => {
  const checked = check(change)
  expect(checked.kind === 'valid' ? format(checked.resources) : checked.message).toBe(want)
})
