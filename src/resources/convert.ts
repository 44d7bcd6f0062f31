import type { PersistentVolume } from './disks.ts'
import { type Reservation, stackProblem } from './reservations.ts'
import { contains, minus, plus, type Resource, type Resources, resources } from './resources.ts'
import { addValues, subtractValues } from './values.ts'

/** What an operation makes of what. The amounts of every name stay the same. */
export interface Conversion {
  readonly consumed: Resources
  readonly converted: Resources
}

/** RESERVE: one entry more on the stack, given as it is to become (core-master R12). */
export const reserve = (reserved: Resources): Conversion => ({
  consumed: popReservation(reserved),
  converted: reserved,
})

/** UNRESERVE: the last entry off the stack, given as it is now. */
export const unreserve = (reserved: Resources): Conversion => ({
  consumed: reserved,
  converted: popReservation(reserved),
})

/** CREATE: reserved disk becomes the volumes, given as they are to become (core-master R13). */
export const create = (volumes: Resources): Conversion => ({
  consumed: resources(volumes.map(asDisk)),
  converted: volumes,
})

/** DESTROY: the volumes become reserved disk again. */
export const destroy = (volumes: Resources): Conversion => ({
  consumed: volumes,
  converted: resources(volumes.map(asDisk)),
})

/** GROW_VOLUME: a volume takes in disk of the same reservation. */
export const grow = (volume: Resource, addition: Resource): Conversion => ({
  consumed: plus([volume], [addition]),
  converted: [{ ...volume, value: addValues(volume.value, addition.value) }],
})

/** SHRINK_VOLUME: a volume gives disk back; `milli` in thousandths of a MiB, less than it has. */
export const shrinkVolume = (volume: Resource, milli: number): Conversion => {
  const part = { type: 'SCALAR', milli } as const
  return {
    consumed: [volume],
    converted: plus(
      [{ ...volume, value: subtractValues(volume.value, part) }],
      [{ ...asDisk(volume), value: part }],
    ),
  }
}

/** The amount after the operation, or undefined where it does not hold what is consumed (core-master L13). */
export const convert = (
  a: Resources,
  { consumed, converted }: Conversion,
): Resources | undefined =>
  contains(a, consumed) ? plus(minus(a, consumed), converted) : undefined

/** The same amounts with one entry more. Throws RangeError where that makes no stack (core-master R10). */
export const pushReservation = (a: Resources, entry: Reservation): Resources =>
  resources(
    a.map((resource) => {
      const reservations = [...resource.reservations, entry]
      const problem = stackProblem(reservations)
      if (problem !== undefined) throw new RangeError(problem)
      return { ...resource, reservations }
    }),
  )

/** The same amounts with one entry fewer. Throws RangeError on what is unreserved. */
export const popReservation = (a: Resources): Resources =>
  resources(
    a.map((resource) => {
      if (resource.reservations.length === 0) throw new RangeError(`${resource.name} is unreserved`)
      return { ...resource, reservations: resource.reservations.slice(0, -1) }
    }),
  )

/** Disk as a volume that outlives its tasks; shared by many where `shared` (core-master R13). */
export const asVolume = (disk: Resource, volume: PersistentVolume, shared = false): Resource => ({
  ...disk,
  volume,
  ...(shared ? { copies: 1 } : {}),
})

const asDisk = ({ volume: _volume, copies: _copies, ...disk }: Resource): Resource => disk
