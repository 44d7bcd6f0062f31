import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quantile } from '../measure.ts'
import { type Bench, floor } from '../row.ts'

const appends = 300
const record = Buffer.alloc(300, 'x')

/** H17: what one durable record costs, wall time, on the disk of the temporary folder. */
export const disk: Bench = {
  ids: ['H17'],
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
    const file = openSync(join(folder, 'log'), 'a')
    try {
      const runs = Array.from({ length: appends }, () => {
        const startedMs = performance.now()
        writeSync(file, record)
        fdatasyncSync(file)
        return performance.now() - startedMs
      })
      const at = (share: number) => ({ value: quantile(runs, share), runs })
      return [
        floor('H17', 'append 300 B and fdatasync, least (wall)', 'ms', at(0)),
        floor('H17', 'append 300 B and fdatasync, p50 (wall)', 'ms', at(0.5)),
        floor('H17', 'append 300 B and fdatasync, p99 (wall)', 'ms', at(0.99)),
      ]
    } finally {
      closeSync(file)
      rmSync(folder, { recursive: true })
    }
  },
}
