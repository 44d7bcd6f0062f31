import type { MachineID, MaintenanceSchedule, MaintenanceWindow } from '../../mesos/wire.ts'
import { removeAgent } from '../agents/leave.ts'
import type { Agent, Maintenance } from '../state.ts'
import { answer, log, store, type Turn, tellAgent } from '../turn.ts'
import { setUnavailability } from './inverse-offers.ts'
import {
  isOn,
  machineKey,
  machineOf,
  modeOf,
  unavailabilityOf,
  windowsByMachine,
} from './machines.ts'

/** UPDATE_MAINTENANCE_SCHEDULE: the new one replaces the old; machines in it drain (core-master §8.2). */
export const updateSchedule = (turn: Turn, { windows: given = [] }: MaintenanceSchedule): void => {
  const windows = given.map((window) => ({
    ...window,
    machine_ids: (window.machine_ids ?? []).map(machineOf),
  }))
  const problem = scheduleProblem(turn, windows)
  if (problem !== undefined) return answer(turn, 400, problem)
  decide(turn, { ...turn.state.maintenance, windows })
}

/** START_MAINTENANCE: machines that drain go down; their agents are removed and may not come back (core-master M8). */
export const startMaintenance = (turn: Turn, given: readonly MachineID[]): void => {
  const machines = given.map(machineOf)
  const problem =
    machinesProblem(machines) ?? modeProblem(turn, machines, 'DRAINING', 'brought down')
  if (problem !== undefined) return answer(turn, 400, problem)
  const { windows, down } = turn.state.maintenance
  const keys = machines.map(machineKey)
  decide(turn, { windows, down: new Set([...down, ...keys]) })
  for (const agent of turn.state.agents.values())
    if (keys.some((key) => isOn(key, agent))) takeDown(turn, agent)
}

/** STOP_MAINTENANCE: machines that are down are up again, and out of the schedule. */
export const stopMaintenance = (turn: Turn, given: readonly MachineID[]): void => {
  const machines = given.map(machineOf)
  const problem = machinesProblem(machines) ?? modeProblem(turn, machines, 'DOWN', 'brought up')
  if (problem !== undefined) return answer(turn, 400, problem)
  const keys = new Set(machines.map(machineKey))
  const isLeft = (machine: MachineID) => !keys.has(machineKey(machine))
  const { windows, down } = turn.state.maintenance
  decide(turn, {
    windows: windows
      .map((window) => ({ ...window, machine_ids: (window.machine_ids ?? []).filter(isLeft) }))
      .filter(({ machine_ids: left }) => left.length > 0),
    down: new Set([...down].filter((key) => !keys.has(key))),
  })
}

const decide = (turn: Turn, maintenance: Maintenance): void => {
  const { state } = turn
  state.maintenance = maintenance
  const { windows, down } = maintenance
  const isEmpty = windows.length === 0 && down.size === 0
  store(turn, 'maintenance', 'schedule', isEmpty ? undefined : { windows, down: [...down] })
  log(turn, 'info', { windows: windows.length, down: down.size }, 'maintenance decided')
  answer(turn, 200, '')
  const byMachine = windowsByMachine(maintenance)
  for (const agent of state.agents.values())
    setUnavailability(turn, agent, unavailabilityOf(byMachine, agent))
}

const downText = "Operator initiated 'Machine DOWN'"

const takeDown = (turn: Turn, agent: Agent): void => {
  tellAgent(turn, agent, { type: 'SHUTDOWN', shutdown: { message: downText } })
  removeAgent(turn, agent, downText)
}

const scheduleProblem = (
  { state: { maintenance } }: Turn,
  windows: readonly MaintenanceWindow[],
): string | undefined => {
  const known = new Set<string>()
  for (const { machine_ids: machines = [], unavailability } of windows) {
    if (machines.length === 0) return 'List of machines in the maintenance window is empty'
    if ((unavailability.duration?.nanoseconds ?? 0) < 0)
      return "Unavailability 'duration' is negative"
    const problem = machinesProblem(machines, known)
    if (problem !== undefined) return problem
  }
  const lost = [...maintenance.down].find((key) => !known.has(key))
  return lost && `Machine '${lost}' is deactivated and cannot be removed from the schedule`
}

const machinesProblem = (
  machines: readonly MachineID[],
  known = new Set<string>(),
): string | undefined => {
  if (machines.length === 0) return 'List of machines is empty'
  for (const machine of machines) {
    const { hostname, ip } = machine
    if (hostname === undefined && ip === undefined)
      return "Both 'hostname' and 'ip' for a machine are empty"
    if (ip !== undefined && !isIpv4(ip)) return `Failed to parse the IP '${ip}'`
    const key = machineKey(machine)
    if (known.has(key)) return `Machine '${key}' appears more than once in the schedule`
    known.add(key)
  }
  return undefined
}

const isIpv4 = (text: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255)

const modeProblem = (
  { state: { maintenance } }: Turn,
  machines: readonly MachineID[],
  wanted: 'DRAINING' | 'DOWN',
  what: string,
): string | undefined => {
  const windows = windowsByMachine(maintenance)
  for (const key of machines.map(machineKey)) {
    const mode = modeOf(maintenance, key, windows)
    if (mode === 'UP') return `Machine '${key}' is not part of a maintenance schedule`
    if (mode !== wanted) return `Machine '${key}' is not in ${wanted} mode and cannot be ${what}`
  }
  return undefined
}
