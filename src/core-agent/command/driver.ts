import { type CommandContainers, CommandError } from './containers.ts'
import type { CommandAct, CommandMessage } from './message.ts'

/** Does what a handler asked of the command containerizer; results come back as messages. */
export const performCommand = (
  containers: CommandContainers,
  act: CommandAct,
  tell: (message: CommandMessage) => void,
): void => {
  if (act.type === 'signal') return containers.signal(act.container, act.signal)
  if (act.type === 'update') return containers.update(act.container, act.bounds)
  if (act.type === 'remove') return containers.remove(act.container)
  const container = act.spec.containerId
  containers.launch(act.spec).then(
    () => tell({ type: 'COMMAND_STARTED', container }),
    (error: unknown) => {
      if (!(error instanceof CommandError)) throw error
      tell({ type: 'COMMAND_FAILED', container, message: error.message })
    },
  )
}
