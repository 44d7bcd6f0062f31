import { startAgent } from '../src/core-agent/main.ts'
import type { ScriptedMaster } from '../test/support/agent-rig.ts'
import { configOf, createContainers, onGround } from './agent-on-engine.ts'
import { median } from './measure.ts'
import type { Bench } from './row.ts'
import { waitFor } from './wait.ts'

const containers = 200
const restarts = 5
/** A3 of core-agent §12. */
const limitMs = 3000
const restartDeadlineMs = 60_000

/**
 * A3: an agent starts anew with 200 containers on a real dockerd, created and not started, and has subscribed with the
 * tasks of them all. Held against the time that A3 allows.
 */
export const recovery: Bench = {
  ids: ['A3'],
  run: () =>
    onGround(async (ground) => {
      const { master } = ground
      const start = () => startAgent(configOf(ground))
      const first = await start()
      await createContainers(master, containers)
      await first.close()
      const runs: number[] = []
      for (let restart = 0; restart < restarts; restart += 1) {
        const startedMs = performance.now()
        const agent = await start()
        const subscribed = () => told(master) === restart + 2
        await waitFor('the agent to subscribe with all its tasks', subscribed, restartDeadlineMs)
        runs.push(performance.now() - startedMs)
        await agent.close()
      }
      const work = `an agent starts anew with ${containers} containers, created, and subscribes; its limit`
      const ours = median(runs)
      return [{ id: 'A3', work, ours, peer: limitMs, ratio: ours / limitMs, unit: 'ms', runs }]
    }),
}

/** Subscriptions so far, the last of which must tell of every task. */
const told = (master: ScriptedMaster): number => {
  const subscriptions = master.ofType('SUBSCRIBE')
  const listed = subscriptions.at(-1)?.subscribe?.tasks?.length ?? 0
  return subscriptions.length > 1 && listed !== containers ? Number.NaN : subscriptions.length
}
