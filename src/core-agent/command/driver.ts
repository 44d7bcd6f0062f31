import { type CommandContainers, CommandError, type CommandSpec } from './containers.ts'
import type { CommandAct, CommandMessage } from './message.ts'

/** Does what a handler asked of the command containerizer, a launch after `prepare`; results come back as messages. */
export const performCommand = (
  containers: CommandContainers,
  act: CommandAct,
  tell: (message: CommandMessage) => void,
  prepare: (spec: CommandSpec) => Promise<CommandSpec>,
): void => {
  if (act.type === 'signal') return containers.signal(act.container, act.signal)
  if (act.type === 'update') return containers.update(act.container, act.bounds)
  if (act.type === 'remove') return containers.remove(act.container)
  const container = act.spec.containerId
  const launched = prepare(act.spec).then((spec) => containers.launch(spec))
  launched.then(
    () => tell({ type: 'COMMAND_STARTED', container }),
    (error: unknown) => {
      if (!(error instanceof CommandError)) throw error
      tell({ type: 'COMMAND_FAILED', container, message: error.message })
    },
  )
}
