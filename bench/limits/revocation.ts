import { setTimeout as sleep } from 'node:timers/promises'
import { onGround } from '../agent-on-engine.ts'
import { median, quantile } from '../measure.ts'
import { type Bench, floor, type Row } from '../row.ts'
import { type Place, removal, start, tiersOn } from '../tiers.ts'

const kills = 30
const reads = 2000
const settleMs = 100
const loop = 'while :; do :; done'

/**
 * What the machine needs of a revocation at least: H23 one look at what a control group has used; H24 from SIGKILL to a
 * container's process until the engine tells that it died, and the same through the engine's kill.
 */
export const revocationFloors: Bench = {
  ids: ['H23', 'H24'],
  run: () =>
    onGround(async (ground) => {
      const place = await tiersOn(ground)
      return [...(await readsOf(place)), ...(await killsOf(place))]
    }),
}

const readsOf = async (place: Place): Promise<readonly Row[]> => {
  const { id, pid } = await start(place, place.tiers.regular, loop)
  const group = place.cgroups.groupOf(pid) ?? ''
  const runs = Array.from({ length: reads }, () => {
    const startedMs = performance.now()
    place.cgroups.cpuSeconds(group)
    return performance.now() - startedMs
  })
  await place.engine.change(id, removal)
  const measured = { value: median(runs), runs }
  return [floor('H23', 'what a control group has used, one read, wall, the median', 'ms', measured)]
}

const killsOf = async (place: Place): Promise<readonly Row[]> => {
  const ways = [
    {
      name: 'SIGKILL to its process',
      kill: (_: string, pid: number) => process.kill(pid, 'SIGKILL'),
    },
    {
      name: 'a kill through the engine',
      kill: (id: string) => place.engine.change(id, { type: 'kill', signal: 'SIGKILL' }),
    },
  ]
  const rows: Row[] = []
  for (const { name, kill } of ways) {
    const runs: number[] = []
    for (let step = 0; step < kills; step += 1) runs.push(await untilDied(place, kill))
    for (const share of [0.5, 0.99]) {
      const of = share === 0.5 ? 'the median' : '99 of 100 within'
      const work = `from ${name} until the engine says die, wall, ${of}`
      rows.push(floor('H24', work, 'ms', { value: quantile(runs, share), runs }))
    }
  }
  return rows
}

const untilDied = async (
  place: Place,
  kill: (id: string, pid: number) => unknown,
): Promise<number> => {
  const { id, pid } = await start(place, place.tiers.regular, loop)
  let follow = { close: () => {} }
  const died = new Promise<number>((resolve, reject) => {
    follow = place.engine.events(undefined, {
      onEvent: (event) => {
        if (event['Action'] === 'die' && event['id'] === id) resolve(performance.now())
      },
      onEnd: () => reject(new Error('the engine tells no more events')),
    })
  })
  await sleep(settleMs)
  const startedMs = performance.now()
  await kill(id, pid)
  const diedMs = await died
  follow.close()
  await place.engine.change(id, removal)
  return diedMs - startedMs
}
