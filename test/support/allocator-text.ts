import type { Allocation } from '../../src/core-master/allocator/snapshot.ts'
import { format, plus, type Resources } from '../../src/resources/resources.ts'
import { amounts } from './master-scenario.ts'

/** Allocations happen with regular and revocable resources in one offer, or in one each. */
export const modes = [
  { mode: 'joint offers', jointOffers: true },
  { mode: 'separate offers', jointOffers: false },
]

export const machine = (cpus: number, mem: number): Resources => amounts(`cpus:${cpus};mem:${mem}`)

/** `f1 gets a1` for each allocation. */
export const who = (plan: readonly Allocation[]): string =>
  plan.map(({ framework, agent }) => `${framework} gets ${agent}`).join(', ')

/** What each offer holds. */
export const what = (plan: readonly Allocation[]): readonly string[] =>
  plan.flatMap(({ offers }) => offers.map(format))

/** `f1: cpus:1` for each framework that gets something, in the order of their names. */
export const each = (plan: readonly Allocation[]): readonly string[] => {
  const names = [...new Set(plan.map(({ framework }) => framework))].sort()
  return names.map((name) => {
    const offers = plan.filter(({ framework }) => framework === name).flatMap((one) => one.offers)
    return `${name}: ${format(plus(...offers))}`
  })
}
