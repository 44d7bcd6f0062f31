import type { CommandInfo } from '../../mesos/wire.ts'
import { commandSpec } from '../command/command-spec.ts'
import { runOf, taskEnvironment } from '../command/environment.ts'
import { sandboxPath } from '../command/sandbox-path.ts'
import { record, text } from '../docker/inspect.ts'
import { containerOf, type Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { pidOf } from '../usage/processes.ts'
import type { Probe } from './plan.ts'
import type { Place, Target } from './probes.ts'

/** A text says why there is nothing to look at. Pure. */
export const targetOf = (turn: Turn, task: Task, probe: Probe): Target | string => {
  if (probe.type !== 'COMMAND') {
    const place = placeOf(turn, task, probe.protocol)
    if (typeof place === 'string') return place
    const { protocol: _, ...what } = probe
    return { ...what, place }
  }
  if (task.containerizer === 'mesos') return runIn(turn, task, probe.command)
  const container = containerOf(turn.state, task)
  return container === undefined
    ? 'its container is gone'
    : { type: 'exec', container: container.engineId, command: insideOf(probe.command) }
}

const insideOf = ({ shell = true, value = '', arguments: given = [], ...rest }: CommandInfo) => ({
  user: rest.user || undefined,
  argv: shell ? ['/bin/sh', '-c', value] : [value, ...given.slice(1)],
  environment: new Map(
    (rest.environment?.variables ?? []).map(({ name, value: set = '' }) => [name, set]),
  ),
})

/** With the environment of the task, over which the check's own counts. */
const runIn = (turn: Turn, task: Task, command: CommandInfo): Target | string => {
  const { state, context } = turn
  const run = runOf(state, task)
  const own = task.info.command?.environment?.variables ?? []
  const variables = [...own, ...(command.environment?.variables ?? [])]
  const sandbox = sandboxPath(context.settings.workDir, run)
  const user = task.info.command?.user ?? state.frameworks.get(task.frameworkId)?.user ?? ''
  const spec = commandSpec({ ...command, environment: { variables } }, undefined, {
    containerId: task.containerId,
    sandbox,
    user,
    resources: task.resources,
    limits: {},
    environment: taskEnvironment(task, run, sandbox, context.settings),
  })
  if (typeof spec === 'string') return spec
  const { argv, environment } = spec
  return {
    type: 'run',
    container: task.containerId,
    command: { argv, environment, user: spec.user },
  }
}

/** Commands share the network of the agent; a container of the engine's may have one of its own. */
const placeOf = (turn: Turn, task: Task, protocol: 'IPv4' | 'IPv6'): Place | string => {
  const loopback = protocol === 'IPv6' ? '::1' : '127.0.0.1'
  if (task.containerizer === 'mesos')
    return { loopback, pid: undefined, address: undefined, gateway: undefined }
  const container = containerOf(turn.state, task)
  const pid = pidOf(container)
  if (container?.inspect === undefined || pid === 0) return 'its container does not run'
  const networks = record(record(container.inspect['NetworkSettings'])['Networks'])
  const [first] = Object.values(networks).map(record)
  const [address, gateway] =
    protocol === 'IPv6'
      ? [first?.['GlobalIPv6Address'], first?.['IPv6Gateway']]
      : [first?.['IPAddress'], first?.['Gateway']]
  return {
    loopback,
    pid,
    address: text(address) || undefined,
    gateway: text(gateway) || undefined,
  }
}
