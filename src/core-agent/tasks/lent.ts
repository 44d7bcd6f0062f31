import type { Inspect } from '../../mesos/engine-endpoint.ts'
import { labelsOf, nameOf, record, text } from '../docker/inspect.ts'
import { containerOf, type QosAction, type Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { showEvents } from './show.ts'

/** How many of the last actions `/oversubscription` shows. */
const maxActions = 100

/** The newest last, at most `maxActions`. */
export const keepAction = ({ state, context }: Turn, action: Omit<QosAction, 'atMs'>): void => {
  state.actions.push({ atMs: context.nowMs, ...action })
  state.actions.splice(0, state.actions.length - maxActions)
}

/**
 * An event of the agent's own about a container on lent resources, in the engine's form: with the labels, the image and
 * the name that an engine tells of a container, so that every filter finds it (docker-frontend §4.5).
 */
export const showLent = (
  turn: Turn,
  task: Task,
  action: 'throttle' | 'freeze' | 'thaw' | 'revoke',
  attributes: Readonly<Record<string, string>>,
): void => {
  const container = containerOf(turn.state, task)
  if (container === undefined) return
  const { nowMs } = turn.context
  const known = attributesOf(container.inspect)
  showEvents(turn, container, [
    {
      status: action,
      id: container.engineId,
      ...(known['image'] === undefined ? {} : { from: known['image'] }),
      Type: 'container',
      Action: action,
      Actor: { ID: container.engineId, Attributes: { ...known, ...attributes } },
      scope: 'local',
      time: Math.floor(nowMs / 1000),
      timeNano: nowMs * 1e6,
    },
  ])
}

/** As moby `daemon/events.go`: the labels first, so that none of them hides a name or an image. */
const attributesOf = (inspect: Inspect | undefined): Readonly<Record<string, string>> =>
  inspect === undefined
    ? {}
    : {
        ...Object.fromEntries(
          Object.entries(labelsOf(inspect)).map(([label, value]) => [label, text(value)]),
        ),
        image: text(record(inspect['Config'])['Image']),
        name: nameOf(inspect),
      }

export const numberText = (value: number): string => String(Number(value.toFixed(2)))
