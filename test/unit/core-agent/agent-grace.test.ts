import { expect, test } from 'vitest'
import type { Change } from '../../../src/core-agent/docker/engine.ts'
import { AgentRig, commandTask } from '../../support/agent-rig.ts'

/** A container whose first stop hangs, and the stops that its engine is asked for. */
const running = async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  const stops: (number | undefined)[] = []
  const change = rig.engine.change.bind(rig.engine)
  rig.engine.change = (id: string, asked: Change) => {
    if (asked.type === 'stop') stops.push(asked.timeoutSeconds)
    return change(id, asked)
  }
  rig.engine.fault('stop', { kind: 'hang' })
  return { rig, container, stops }
}

/** The agent is stopped, and started after a while. */
const away = async (rig: AgentRig, awayMs: number) => {
  rig.die()
  await rig.clock.advance(awayMs)
  await rig.revive()
}

type Running = Awaited<ReturnType<typeof running>>
const stop = (seconds: number) => (made: Running) => {
  made.rig.tell('POST', `/engine/containers/${made.container}/stop?t=${seconds}`)
}
const kill = (graceMs: number) => (made: Running) => made.rig.master.kill('web', graceMs)

test.each<{ name: string; asks: ((made: Running) => void)[]; awayMs: number; stops: number[] }>([
  { name: 'what is left of it', asks: [kill(60_000)], awayMs: 20_000, stops: [60, 40] },
  { name: 'nothing, where it is over', asks: [kill(60_000)], awayMs: 70_000, stops: [60, 0] },
  {
    name: 'the shortest of all kills',
    asks: [kill(60_000), kill(30_000), kill(300_000)],
    awayMs: 20_000,
    stops: [60, 10],
  },
  { name: 'that of the user’s own stop', asks: [stop(300)], awayMs: 20_000, stops: [300, 280] },
  {
    name: 'that of the user’s stop, where a kill gives more',
    asks: [stop(30), kill(60_000)],
    awayMs: 20_000,
    stops: [30, 60, 10],
  },
])('the grace goes on while the agent is away: $name (core-agent §8)', async (row) => {
  const { rig, stops, ...rest } = await running()
  if (row.stops.length > 2) rig.engine.fault('stop', { kind: 'hang' })
  for (const ask of row.asks) {
    ask({ rig, stops, ...rest })
    await rig.clock.advance(10)
  }
  await away(rig, row.awayMs)
  expect(stops).toEqual(row.stops)
  expect(rig.master.states('web').at(-1)).toBe('KILLED')
})

test('a gap in the events begins no grace anew, and ends none early', async () => {
  const { rig, stops } = await running()
  rig.engine.fault('stop', { kind: 'hang' })
  rig.master.kill('web', 60_000)
  await rig.clock.advance(1000)
  rig.engine.crash()
  await rig.clock.advance(10_000)
  rig.engine.recover()
  await rig.clock.advance(49_500)
  expect(rig.master.states('web').at(-1)).toBe('RUNNING')
  await rig.clock.advance(1000)
  expect(rig.master.states('web').at(-1)).toBe('KILLED')
  expect(stops).toEqual([60])
})

test('a journal from before graces were kept counts the agent’s own', async () => {
  const { rig, stops } = await running()
  rig.master.kill('web', 60_000)
  await rig.clock.advance(100)
  rig.die()
  const ending = { cause: 'killed', by: 'master', message: 'Killed before it was started' }
  const written = rig.log.append({ type: 'ENDING', task: 'f1/web', ending })
  await rig.clock.advance(10)
  await written
  await rig.revive()
  expect(stops).toEqual([60, 5])
})

test('a command’s grace goes on while the agent is away', async () => {
  const rig = await new AgentRig().up()
  rig.master.launch(commandTask('t1', "trap '' TERM; sleep 1000"))
  await rig.clock.advance(100)
  rig.master.kill('t1', 60_000)
  await rig.clock.advance(10)
  await away(rig, 20_000)
  await rig.clock.advance(36_000)
  expect(rig.master.states('t1').at(-1)).toBe('RUNNING')
  await rig.clock.advance(2000)
  expect(rig.master.states('t1').at(-1)).toBe('KILLED')
})
