import { type Resources, scalarOf } from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'
import type { NodeCounters } from './sampler.ts'

/**
 * The machine as one of several agents on it has it: its own cpus and memory, and of what is busy and of what is free its
 * part. An agent that has the whole machine sees it as it is.
 */
export const shareOf = (
  counters: NodeCounters,
  resources: Resources,
  hostCpus: number,
): NodeCounters => {
  const own = units(scalarOf(resources, 'cpus'))
  if (own <= 0 || own >= hostCpus) return counters
  const share = own / hostCpus
  return {
    ...counters,
    cpus: own,
    busySeconds: counters.busySeconds * share,
    memoryTotalBytes: counters.memoryTotalBytes * share,
    memoryAvailableBytes: counters.memoryAvailableBytes * share,
  }
}
