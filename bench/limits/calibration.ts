import { bestCpuMicros, scaled } from '../measure.ts'
import { type Bench, floor } from '../row.ts'

const integerSteps = 20_000_000
const mapEntries = 400_000
const documents = 4_000

/** H26: how quick this machine is just now. Figures of another machine are scaled by the ratio of these. */
export const calibration: Bench = {
  ids: ['H26'],
  run: async () => [
    floor('H26', 'calibration, 20M integer steps', 'ms', scaled(bestCpuMicros(1, integers), 1e-3)),
    floor('H26', 'calibration, Map of 400k strings', 'ms', scaled(bestCpuMicros(1, maps), 1e-3)),
    floor('H26', 'calibration, 4,000 JSON round trips', 'ms', scaled(bestCpuMicros(1, json), 1e-3)),
  ],
}

/** Xorshift, Marsaglia 2003: dependent steps, nothing to vectorise. */
const integers = (): number => {
  let state = 1
  for (let step = 0; step < integerSteps; step++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
  }
  return state
}

const maps = (): number => {
  const map = new Map<string, number>()
  for (let entry = 0; entry < mapEntries; entry++) map.set(`key-${entry % 100_000}`, entry)
  return map.size
}

const document = {
  id: 'f2c1a1b0-S1',
  names: Array.from({ length: 40 }, (_, index) => ({
    name: `resource-${index}`,
    scalar: index / 3,
  })),
}

const json = (): number => {
  let length = 0
  for (let round = 0; round < documents; round++) {
    length += JSON.stringify(JSON.parse(JSON.stringify(document))).length
  }
  return length
}
