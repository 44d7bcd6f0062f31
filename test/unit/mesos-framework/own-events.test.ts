import { expect, test } from 'vitest'
import { maxOwnEvents } from '../../../src/mesos-framework/bounds.ts'
import { OwnEvents } from '../../../src/mesos-framework/own-events.ts'

const event = (Type: string, Action: string, n = 0) => ({
  agent: undefined,
  event: { Type, Action, time: n },
})

test.each([
  { type: 'container', action: 'revoke', kept: true },
  { type: 'container', action: 'throttle', kept: true },
  { type: 'container', action: 'promote', kept: true },
  { type: 'swarm', action: 'engine_connect', kept: true },
  { type: 'container', action: 'die', kept: false },
  { type: 'image', action: 'promote', kept: false },
])('what no engine remembers is kept: $type $action: $kept', ({ type, action, kept }) => {
  const events = new OwnEvents()
  events.keep(event(type, action))
  expect(events.all()).toHaveLength(kept ? 1 : 0)
})

test('the oldest go where there are too many', () => {
  const events = new OwnEvents()
  for (let n = 0; n <= maxOwnEvents; n += 1) events.keep(event('container', 'revoke', n))
  expect(events.all()).toHaveLength(maxOwnEvents)
  expect(events.all()[0]?.event['time']).toBe(1)
})
