import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cgroups } from '../src/core-agent/cgroups.ts'

/** It has its share when so much of it has been its own since it woke. */
const enoughShare = 0.95
const lookMs = 1

/** A regular container that uses nothing until it is woken, and then all of its cpus. */
export interface Lender {
  /** The moment, on the clock of `performance.now`. */
  wake(): number
  sleep(): void
  /** Milliseconds from the moment on in which it woke; `patienceMs` at most. */
  untilShare(wokenMs: number, patienceMs: number): Promise<number>
}

/** Of a container whose processes loop; it sleeps from now on. */
export const sleepingLender = (
  cgroups: Cgroups,
  { pid, group }: { readonly pid: number; readonly group: string },
  cpus: number,
): Lender => {
  const usedMs = () => 1000 * (cgroups.cpuSeconds(group) ?? 0)
  const all = [pid, ...childrenOf(pid)]
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => {
    for (const one of all) process.kill(one, name)
  }
  let usedAsleepMs = 0
  signal('SIGSTOP')
  return {
    wake: () => {
      usedAsleepMs = usedMs()
      const wokenMs = performance.now()
      signal('SIGCONT')
      return wokenMs
    },
    sleep: () => signal('SIGSTOP'),
    untilShare: async (wokenMs, patienceMs) => {
      let before = usedAsleepMs
      for (;;) {
        const used = usedMs()
        const passedMs = performance.now() - wokenMs
        if (passedMs > patienceMs) return patienceMs
        // The kernel counts at its ticks: what it says is true right after one.
        const isFresh = used > before
        if (isFresh && used - usedAsleepMs >= enoughShare * cpus * passedMs) return passedMs
        before = used
        await sleep(lookMs)
      }
    },
  }
}

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
