import { binpack } from './binpack.ts'
import { random } from './random.ts'
import { spread } from './spread.ts'
import type { Strategy } from './strategy.ts'

/** By the name that `--strategy` takes; `binpacking` is Swarm's old name (docker-frontend §5.1). */
export const strategies: ReadonlyMap<string, Strategy> = new Map([
  ['spread', spread],
  ['binpack', binpack],
  ['binpacking', binpack],
  ['random', random],
])
