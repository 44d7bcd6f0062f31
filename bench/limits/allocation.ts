import { bestCpuMicros, generator, scaled } from '../measure.ts'
import { type Bench, floor } from '../row.ts'

export const sizes = [
  [1_000, 100],
  [5_000, 500],
  [10_000, 1_000],
  [20_000, 2_000],
  [50_000, 6_000],
] as const
const naiveSizes = sizes.slice(0, 2)
const scanSizes = sizes.slice(2, 4)

const cpus = 24
const memory = 4_096

export const named = (agents: number, frameworks: number) =>
  `${agents / 1000}k agents, ${frameworks.toLocaleString('en-GB')} frameworks`

/** H11–H13: what offering every agent once costs at least, and what the obvious ways of it cost. */
export const allocation: Bench = {
  ids: ['H11', 'H12', 'H13'],
  run: async () => [
    ...sizes.map(([agents, frameworks]) =>
      floor(
        'H11',
        `DRF with a heap, ${named(agents, frameworks)}`,
        'ms',
        scaled(
          bestCpuMicros(1, () => heapAllocation(agents, frameworks)),
          1e-3,
        ),
      ),
    ),
    ...naiveSizes.map(([agents, frameworks]) =>
      floor(
        'H12',
        `DRF sorting for each agent, ${named(agents, frameworks)}`,
        'ms',
        scaled(
          bestCpuMicros(1, () => sortingAllocation(agents, frameworks)),
          1e-3,
        ),
      ),
    ),
    ...scanSizes.map(([agents, frameworks]) => {
      const refused = new Uint8Array(agents * frameworks)
      return floor(
        'H13',
        `decline filters, all pairs, ${named(agents, frameworks)}`,
        'ms',
        scaled(
          bestCpuMicros(1, () => scanAll(refused)),
          1e-3,
        ),
      )
    }),
  ],
}

/** Each agent goes whole to the framework with the least dominant share, which then sinks in the heap. */
export const heapAllocation = (agents: number, frameworks: number): Float64Array => {
  const share = new Float64Array(frameworks)
  const heap = Int32Array.from({ length: frameworks }, (_, index) => index)
  const heldCpus = new Float64Array(frameworks)
  const heldMemory = new Float64Array(frameworks)
  const totalCpus = agents * cpus
  const totalMemory = agents * memory
  for (let agent = 0; agent < agents; agent++) {
    const framework = heap[0] as number
    heldCpus[framework] = (heldCpus[framework] as number) + cpus
    heldMemory[framework] = (heldMemory[framework] as number) + memory
    share[framework] = Math.max(
      (heldCpus[framework] as number) / totalCpus,
      (heldMemory[framework] as number) / totalMemory,
    )
    sink(heap, share)
  }
  return share
}

const sink = (heap: Int32Array, key: Float64Array): void => {
  const moved = heap[0] as number
  const movedKey = key[moved] as number
  let hole = 0
  for (let child = 1; child < heap.length; child = 2 * hole + 1) {
    if (
      child + 1 < heap.length &&
      (key[heap[child + 1] as number] as number) < (key[heap[child] as number] as number)
    )
      child += 1
    if ((key[heap[child] as number] as number) >= movedKey) break
    heap[hole] = heap[child] as number
    hole = child
  }
  heap[hole] = moved
}

const sortingAllocation = (agents: number, frameworks: number): void => {
  const clients = Array.from({ length: frameworks }, (_, id) => ({ id, share: 0 }))
  for (let agent = 0; agent < agents; agent++) {
    clients.sort((a, b) => a.share - b.share || a.id - b.id)
    const [first] = clients
    if (first !== undefined) first.share += 1 / agents
  }
}

/** Returned, so that it is not optimised away. */
export const scanAll = (refused: Uint8Array): number => {
  let found = 0
  for (let pair = 0; pair < refused.length; pair++) found += refused[pair] as number
  return found
}

const sorted = 1_000
const sortsARun = 200

/** H14: one sort of all frameworks, as objects with a comparator and as bare numbers. */
export const sorting: Bench = {
  ids: ['H14'],
  run: async () => {
    const random = generator(14)
    const shares = Float64Array.from({ length: sorted }, () => random())
    const clients = [...shares].map((share, id) => ({ id, share }))
    const objects = bestCpuMicros(sortsARun, () => {
      for (let run = 0; run < sortsARun; run++)
        clients.slice().sort((a, b) => a.share - b.share || a.id - b.id)
    })
    const numbers = bestCpuMicros(sortsARun, () => {
      for (let run = 0; run < sortsARun; run++) shares.slice().sort()
    })
    return [
      floor('H14', 'sort 1,000 frameworks, comparator', 'ms', scaled(objects, 1e-3)),
      floor('H14', 'sort 1,000 frameworks, Float64Array', 'ms', scaled(numbers, 1e-3)),
    ]
  },
}
