import { bestCpuMicros, generator } from '../measure.ts'
import { type Bench, floor } from '../row.ts'

const pending = 100_000
const turns = 500_000

/** H16: the heart of a simulation: take the next event, put in another, with 100,000 of them pending. */
export const eventHeap: Bench = {
  ids: ['H16'],
  run: async () => {
    const random = generator(16)
    const times = Float64Array.from({ length: pending }, () => random()).sort() // Sorted is a heap.
    const measured = bestCpuMicros(turns, () => {
      for (let turn = 0; turn < turns; turn++) replaceFirst(times, (times[0] as number) + random())
    })
    return [floor('H16', 'event heap, pop and push at 100k pending', 'us', measured)]
  },
}

const replaceFirst = (heap: Float64Array, time: number): void => {
  let hole = 0
  for (let child = 1; child < heap.length; child = 2 * hole + 1) {
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child += 1
    if ((heap[child] as number) >= time) break
    heap[hole] = heap[child] as number
    hole = child
  }
  heap[hole] = time
}
