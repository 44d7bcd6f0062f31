import { test } from 'vitest'
import { simulate } from '../support/sim-run.ts'

const given = process.env['SIM_SEED']
const seeds = given === undefined ? Array.from({ length: 500 }, (_, i) => i + 1) : [Number(given)]
const batchSize = 50
const batches = Array.from({ length: Math.ceil(seeds.length / batchSize) }, (_, i) =>
  seeds.slice(i * batchSize, (i + 1) * batchSize),
)

test.each(batches.map((batch) => ({ batch, from: batch[0], to: batch.at(-1) })))(
  'seeds $from to $to: I1, I2, I4, I11 after every step, and everything comes back',
  async ({ batch }) => {
    for (const seed of batch) await simulate(seed)
  },
)
