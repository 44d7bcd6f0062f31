import type {
  MaintenanceClusterStatus,
  MaintenanceClusterStatusDrainingMachine,
  MaintenanceSchedule,
} from '../../mesos/wire.ts'
import type { MasterState } from '../state.ts'
import { isOn, machineKey } from './machines.ts'

type Known = Pick<MasterState, 'maintenance' | 'agents'>

/** GET_MAINTENANCE_SCHEDULE and GET /maintenance/schedule. */
export const scheduleView = ({ maintenance: { windows } }: Known): MaintenanceSchedule =>
  windows.length === 0 ? {} : { windows }

/** GET_MAINTENANCE_STATUS and GET /maintenance/status: who drains, with what frameworks answered, and who is down. */
export const statusView = ({ maintenance, agents }: Known): MaintenanceClusterStatus => {
  const machines = maintenance.windows.flatMap(({ machine_ids: ids = [] }) => ids)
  const isDown = (key: string) => maintenance.down.has(key)
  const draining = machines.filter((machine) => !isDown(machineKey(machine)))
  const down = machines.filter((machine) => isDown(machineKey(machine)))
  return {
    ...(draining.length === 0
      ? {}
      : {
          draining_machines: draining.map((machine) => ({
            id: machine,
            ...statusesOf(agents, machineKey(machine)),
          })),
        }),
    ...(down.length === 0 ? {} : { down_machines: down }),
  }
}

const statusesOf = (
  agents: MasterState['agents'],
  key: string,
): Pick<MaintenanceClusterStatusDrainingMachine, 'statuses'> => {
  const statuses = [...agents.values()]
    .filter((agent) => agent.answers.size > 0 && isOn(key, agent))
    .flatMap(({ answers }) =>
      [...answers].map(([framework, { status, atMs }]) => ({
        status,
        framework_id: { value: framework },
        timestamp: { nanoseconds: atMs * 1e6 },
      })),
    )
  return statuses.length === 0 ? {} : { statuses }
}
