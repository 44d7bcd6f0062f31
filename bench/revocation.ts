import { setTimeout as sleep } from 'node:timers/promises'
import { onGround } from './agent-on-engine.ts'
import { type Lender, sleepingLender } from './lender.ts'
import { type LentMachine, machineCpus, onLentMachine, type Task } from './lent-machine.ts'
import { quantile } from './measure.ts'
import type { Bench, Row } from './row.ts'
import { removal, start, tiersOn } from './tiers.ts'
import { waitFor } from './wait.ts'

const steps = 100
/** What is asked of 99 steps in 100. */
const throttleLimitMs = 105
const killLimitMs = 210
const lookMs = 1
/** A step that takes longer counts as so long. */
const patienceMs = 2000
/** Between two steps, and up to a second more: the agent looks around once a second, and must not do so in step. */
const restMs = 1500
/** Between two steps without an agent. */
const shortRestMs = 250
/** Past every cooldown of the controller's, and past what it remembers of the last time. */
const cooldownMs = 31 * 60_000
const goneDeadlineMs = 30_000
/** Half of the machine, which its lender leaves idle. */
const lenderCpus = machineCpus / 2
/** Two of these are lent; a busy lender leaves room for one. */
const hogCpus = 0.375 * machineCpus
const lent = `cpus:${2 * hogCpus};mem:256`

/**
 * B19: a lender of half of the machine wakes while hogs run on what it lends. Until it has its share, with the whole
 * cluster and with the kernel's weights alone; until the tier's lower quota is told to the kernel; and in kill mode, until
 * no process of the victim is left, and until its framework hears so from the master, which then has the resources.
 */
export const revocation: Bench = {
  ids: ['B19'],
  run: async () => [...(await throttling()), ...(await weightsAlone()), ...(await killing())],
}

const loops = (count: number): string =>
  `${Array(Math.ceil(count)).fill('while :; do :; done &').join(' ')} wait`

const launchLender = async (machine: LentMachine): Promise<Lender> =>
  sleepingLender(machine.cgroups, await machine.launch(loops(lenderCpus), lenderCpus), lenderCpus)

const launchHog = (machine: LentMachine): Promise<Task> =>
  machine.launch(loops(machineCpus), hogCpus, { lent: true })

const throttling = (): Promise<readonly Row[]> =>
  onLentMachine(lent, {}, async (machine) => {
    const lender = await launchLender(machine)
    for (let hog = 0; hog < 2; hog += 1) await launchHog(machine)
    const shares: number[] = []
    const quotas: number[] = []
    for (let step = 0; step < steps; step += 1) {
      await sleep(restMs + 1000 * Math.random())
      const before = machine.quota() ?? Infinity
      const wokenMs = lender.wake()
      const [share, quota] = await Promise.all([
        lender.untilShare(wokenMs, patienceMs),
        until(wokenMs, () => (machine.quota() ?? Infinity) < before),
      ])
      lender.sleep()
      shares.push(share)
      quotas.push(quota)
    }
    return [
      ...rowsOf('until a lender that wakes has its share of the cpus', shares, throttleLimitMs),
      ...rowsOf(
        'until the kernel is told of a lower quota for what is lent',
        quotas,
        throttleLimitMs,
      ),
      falseKills(machine.revoked(), 'throttle'),
    ]
  })

const weightsAlone = (): Promise<readonly Row[]> =>
  onGround(async (ground) => {
    const place = await tiersOn(ground)
    const hogs = await start(place, place.tiers.revocable, loops(2 * machineCpus))
    const task = await start(place, place.tiers.regular, loops(lenderCpus))
    const group = place.cgroups.groupOf(task.pid) ?? ''
    const lender = sleepingLender(place.cgroups, { ...task, group }, lenderCpus)
    try {
      const shares: number[] = []
      for (let step = 0; step < steps; step += 1) {
        await sleep(shortRestMs)
        shares.push(await lender.untilShare(lender.wake(), patienceMs))
        lender.sleep()
      }
      const work = 'the same where the kernel has the weights of the tiers, and no agent runs'
      return [0.5, 0.99].map((share) => ({
        id: 'B19',
        work: `${work}, ${ofSteps(share)}`,
        ours: null,
        peer: quantile(shares, share),
        ratio: null,
        unit: 'ms',
        runs: shares,
      }))
    } finally {
      for (const { id } of [hogs, task]) await place.engine.change(id, removal)
    }
  })

const killing = (): Promise<readonly Row[]> =>
  onLentMachine(lent, { qos_reclaim: 'kill' }, async (machine) => {
    const lender = await launchLender(machine)
    let hogs = [await launchHog(machine), await launchHog(machine)]
    const gone: number[] = []
    const told: number[] = []
    for (let step = 0; step < steps; step += 1) {
      await sleep(restMs + 1000 * Math.random())
      const revokedBefore = machine.revoked()
      if (revokedBefore > step) throw new Error('a hog was revoked while its lender slept')
      const wokenMs = lender.wake()
      const isGone = ({ group }: Task) => !machine.cgroups.populated(group)
      const [emptied, heard] = await Promise.all([
        until(wokenMs, () => hogs.some(isGone)),
        until(wokenMs, () => machine.revoked() > revokedBefore),
      ])
      lender.sleep()
      gone.push(emptied)
      told.push(heard)
      await waitFor('a hog to go', () => machine.revoked() > revokedBefore, goneDeadlineMs)
      machine.skip(cooldownMs)
      hogs = hogs.filter((hog) => machine.stateOf(hog) === 'TASK_RUNNING')
      while (hogs.length < 2) hogs.push(await launchHog(machine))
    }
    return [
      ...rowsOf('in kill mode, until no process of the victim is left', gone, killLimitMs),
      ...rowsOf('and until the master has what it held, and says TASK_GONE', told, killLimitMs),
      falseKills(machine.revoked() - steps, 'kill'),
    ]
  })

/** Milliseconds since `sinceMs`. */
const until = async (sinceMs: number, holds: () => boolean): Promise<number> => {
  while (!holds() && performance.now() - sinceMs < patienceMs) await sleep(lookMs)
  return Math.min(patienceMs, performance.now() - sinceMs)
}

const ofSteps = (share: number): string => (share === 0.5 ? 'the median' : '99 of 100 within')

const rowsOf = (work: string, runs: readonly number[], limitMs: number): readonly Row[] =>
  [0.5, 0.99].map((share) => {
    const ours = quantile(runs, share)
    return {
      id: 'B19',
      work: `${work}, ${ofSteps(share)}; asked of 99 of 100`,
      ours,
      peer: limitMs,
      ratio: ours / limitMs,
      unit: 'ms',
      runs: runs.map((run) => run / limitMs),
    }
  })

const falseKills = (count: number, mode: string): Row => ({
  id: 'B19',
  work: `containers killed without need in ${mode} mode; none may be`,
  ours: count,
  peer: 0,
  ratio: null,
  unit: '',
  runs: [count],
})
