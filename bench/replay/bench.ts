import { quantile } from '../measure.ts'
import type { Bench, Row } from '../row.ts'
import { fixedLoad, koordinator, nothing, type Shipped, serenity, shipped } from './policies.ts'
import { type Outcome, type Policy, replay } from './replay.ts'
import { makeTrace, type Trace } from './trace.ts'

const days = 3
const seeds = [1, 2, 3]

type Make = (trace: Trace) => Policy

const peers: readonly Make[] = [
  () => nothing,
  () => fixedLoad(24, true),
  () => fixedLoad(24, false),
  () => fixedLoad(40, false),
  serenity,
  koordinator,
]

/** B20: what lending by measurement gains on a machine of 64 cpus, and what it costs, beside the rules of others. */
export const utilisation: Bench = {
  ids: ['B20', 'A13'],
  run: async () => {
    const traces = seeds.map((seed) => ({ seed, trace: makeTrace(days, seed) }))
    const outcomes = (make: Make) =>
      traces.map(({ seed, trace }) => replay(trace, make(trace), seed))
    const policies: Shipped[] = []
    const ours = outcomes((trace) => {
      policies.push(shipped(trace))
      return policies.at(-1) as Shipped
    })
    const own: Row = {
      id: 'B20',
      work: `replay, ${describe('usage + graded', ours)}`,
      ours: percent(ours, 'utilisation'),
      peer: percent(ours, 'utilisation'),
      ratio: null,
      unit: '%',
      runs: ours.map(({ utilisation: share }) => 100 * share),
    }
    return [own, ...peers.map((make) => rowOf(make, outcomes(make), ours)), churn(policies)]
  },
}

/** A13: how often a master hears of another total in all but the busiest twentieth of the minutes. */
const churn = (policies: readonly Shipped[]): Row => {
  const runs = policies.map(({ publishedAtMs }) => {
    const perMinute = Array.from({ length: days * 24 * 60 }, () => 0)
    for (const atMs of publishedAtMs) {
      const minute = Math.floor(atMs / 60_000)
      perMinute[minute] = (perMinute[minute] ?? 0) + 1
    }
    return quantile(perMinute, 0.95)
  })
  const ours = mean(runs)
  const work = 'totals told to the master a minute, 95 of 100 minutes within; its limit'
  return { id: 'A13', work, ours, peer: mostAMinute, ratio: ours / mostAMinute, unit: '/min', runs }
}

const mostAMinute = 1

/** Utilisation against that of another policy on the same traces. */
const rowOf = (make: Make, theirs: readonly Outcome[], ours: readonly Outcome[]): Row => {
  const { name } = make(makeTrace(1, 1))
  const runs = ours.map((one, run) => one.utilisation / (theirs[run]?.utilisation ?? Number.NaN))
  return {
    id: 'B20',
    work: `beside ${describe(name, theirs)}`,
    ours: percent(ours, 'utilisation'),
    peer: percent(theirs, 'utilisation'),
    ratio: mean(runs),
    unit: '%',
    runs,
  }
}

const describe = (name: string, outcomes: readonly Outcome[]): string => {
  const kills = mean(outcomes.map(({ killsPerThousand }) => killsPerThousand)).toFixed(1)
  const [goodput, shortfall, hot] = (['goodput', 'shortfall', 'hot'] as const).map((field) =>
    percent(outcomes, field).toFixed(3),
  )
  return `${name}: killed ${kills} ‰, goodput ${goodput} %, regular shortfall ${shortfall} %, over 90 % busy ${hot} %`
}

const percent = (
  outcomes: readonly Outcome[],
  field: 'utilisation' | 'goodput' | 'shortfall' | 'hot',
): number => 100 * mean(outcomes.map((outcome) => outcome[field]))

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
