import { commandsContract } from '../../support/commands-contract.ts'
import { FakeCommands } from '../../support/fake-commands.ts'
import { SimClock } from '../../support/sim-clock.ts'

commandsContract('the simulated command containerizer', () => {
  const clock = new SimClock(0)
  const commands = new FakeCommands(clock)
  return {
    open: () => commands,
    until: async (promise) => {
      const state = { waiting: true }
      const settled = promise.finally(() => (state.waiting = false))
      settled.catch(() => {}) // Awaited below.
      while (state.waiting) await clock.advance(5)
      return settled
    },
    sandbox: (id) => `/sandboxes/${id}`,
    dispose: () => {},
  }
})
