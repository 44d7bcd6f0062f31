import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { agentLatency } from './agent-latency.ts'
import { allocationCycle, fullSort, idleAllocation, quotaAllocation } from './allocator.ts'
import { dockerRun } from './docker-run.ts'
import { idleAgent } from './idle-agent.ts'
import { allocation, sorting } from './limits/allocation.ts'
import { calibration } from './limits/calibration.ts'
import { disk } from './limits/disk.ts'
import { eventHeap } from './limits/event-heap.ts'
import { http } from './limits/http.ts'
import { revocationFloors } from './limits/revocation.ts'
import { wire } from './limits/wire.ts'
import { reclaim } from './reclaim.ts'
import { recovery } from './recovery.ts'
import { utilisation } from './replay/bench.ts'
import { revocation } from './revocation.ts'
import type { Bench, Row } from './row.ts'
import { share } from './share.ts'
import { formatTable } from './table.ts'

/** In this order: how quick the machine is, what it needs at least, and then ours. */
const benches: readonly Bench[] = [
  calibration,
  allocation,
  sorting,
  eventHeap,
  wire,
  http,
  disk,
  revocationFloors,
  allocationCycle,
  idleAllocation,
  quotaAllocation,
  fullSort,
  dockerRun,
  agentLatency,
  recovery,
  idleAgent,
  share,
  reclaim,
  revocation,
  utilisation,
]

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'string' } },
})
const known = benches.flatMap((bench) => bench.ids)
const wanted = values.only?.split(',').map((id) => id.trim().toUpperCase()) ?? known
const unknown = wanted.filter((id) => !known.includes(id))
if (unknown.length > 0) {
  process.stderr.write(`--only: no bench ${unknown.join(', ')}; there are ${known.join(', ')}\n`)
  process.exit(1)
}

const commit = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return 'no commit'
  }
}

process.stdout.write(
  `${commit()}, Node ${process.version}, load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}\n\n`,
)
const rows: Row[] = []
for (const bench of benches.filter(({ ids }) => ids.some((id) => wanted.includes(id)))) {
  process.stderr.write(`${bench.ids.filter((id) => wanted.includes(id)).join(', ')} …\n`)
  rows.push(...(await bench.run()).filter(({ id }) => wanted.includes(id)))
}
process.stdout.write(`${formatTable(rows)}\n`)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`)
