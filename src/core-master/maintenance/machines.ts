import type { MachineID, MaintenanceWindow, Unavailability } from '../../mesos/wire.ts'
import type { Agent, Maintenance } from '../state.ts'

/** Hostnames know no case; what is empty is not said. */
export const machineOf = ({ hostname = '', ip = '' }: MachineID): MachineID => ({
  ...(hostname === '' ? {} : { hostname: hostname.toLowerCase() }),
  ...(ip === '' ? {} : { ip }),
})

/** Of a machine as `machineOf` makes it; also how texts name it. */
export const machineKey = ({ hostname, ip }: MachineID): string => JSON.stringify({ hostname, ip })

/** Every way in which an operator may have named the machine of an agent. */
const namesOf = ({ info, address: { ip } }: Pick<Agent, 'info' | 'address'>): readonly string[] => {
  const hostname = info.hostname.toLowerCase()
  return [{ hostname, ip }, { hostname }, { ip }].map((one) => machineKey(one))
}

/** UP, as every machine that is in no window. */
export const modeOf = (
  { down }: Maintenance,
  key: string,
  windows: ReadonlyMap<string, MaintenanceWindow>,
): 'UP' | 'DRAINING' | 'DOWN' => (down.has(key) ? 'DOWN' : windows.has(key) ? 'DRAINING' : 'UP')

/** The window of each machine that has one. A plan is replaced, never changed, so it is read once. */
export const windowsByMachine = (
  maintenance: Maintenance,
): ReadonlyMap<string, MaintenanceWindow> => {
  const known = indexes.get(maintenance)
  if (known !== undefined) return known
  const index = new Map(
    maintenance.windows.flatMap((window) =>
      (window.machine_ids ?? []).map((machine) => [machineKey(machine), window] as const),
    ),
  )
  indexes.set(maintenance, index)
  return index
}

const indexes = new WeakMap<Maintenance, ReadonlyMap<string, MaintenanceWindow>>()

/** When the machine of an agent will be unavailable; undefined: nobody said so. */
export const unavailabilityOf = (
  windows: ReadonlyMap<string, MaintenanceWindow>,
  agent: Pick<Agent, 'info' | 'address'>,
): Unavailability | undefined =>
  namesOf(agent)
    .map((name) => windows.get(name))
    .find((window) => window !== undefined)?.unavailability

export const isDown = ({ down }: Maintenance, agent: Pick<Agent, 'info' | 'address'>): boolean =>
  down.size > 0 && namesOf(agent).some((name) => down.has(name))

/** Whether it is the machine of that key. */
export const isOn = (key: string, agent: Pick<Agent, 'info' | 'address'>): boolean =>
  namesOf(agent).includes(key)
