import { affinity } from './affinity.ts'
import { constraint } from './constraint.ts'
import { containerSlots } from './container-slots.ts'
import { dependency } from './dependency.ts'
import type { Filter } from './filter.ts'
import { health } from './health.ts'
import { port } from './port.ts'
import { whitelist } from './whitelist.ts'

/** All filters in the order in which they are applied unless `--filter` says otherwise (docker-frontend §7.2). */
export const filters: readonly Filter[] = [
  health,
  port,
  containerSlots,
  dependency,
  affinity,
  constraint,
  whitelist,
]
