import type { Effect } from './messages.ts'
import type { Container, Context } from './state.ts'

/** An event of the frontend about a container, with what an engine says of one: name, image, labels (docker-frontend §4.5). */
export const requeueEvent = (
  { nowMs }: Context,
  { agent, facts }: Container,
  action: string,
  attributes: Readonly<Record<string, string>>,
): Effect => ({
  type: 'publish',
  event: {
    agent,
    event: {
      status: action,
      id: facts.id,
      from: facts.image,
      Type: 'container',
      Action: action,
      Actor: {
        ID: facts.id,
        Attributes: {
          ...Object.fromEntries(facts.labels),
          image: facts.image,
          name: facts.name,
          ...attributes,
        },
      },
      scope: 'local',
      time: Math.floor(nowMs / 1000),
      timeNano: nowMs * 1_000_000,
    },
  },
})
