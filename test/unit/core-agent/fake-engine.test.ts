import { engineContract } from '../../contract/engine-contract.ts'
import { FakeEngine } from '../../support/fake-engine.ts'
import { SimClock, settle } from '../../support/sim-clock.ts'
import { simIds } from '../../support/sim-random.ts'

const clock = new SimClock(1_700_000_000_000)
const engine = new FakeEngine({ clock, ids: simIds(1) })

const settled = async <T>(answer: Promise<T>): Promise<T> => {
  const state = { open: true }
  const closed = answer.finally(() => (state.open = false))
  closed.catch(() => {})
  for (await settle(); state.open; await settle()) clock.step()
  return closed
}

engineContract('fake', {
  engine: () => engine,
  settled,
  until: async (holds) => {
    await clock.advance(1000)
    if (!holds()) throw new Error('it did not come true')
  },
  nowSeconds: () => Math.floor(clock.now() / 1000),
})
