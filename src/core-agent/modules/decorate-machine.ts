import { toWire } from '../../mesos/resources.ts'
import { ConfigError } from '../../runtime/flags.ts'
import { builtInNames } from '../attributes.ts'
import type { AgentConfig } from '../config.ts'
import { detectResources, type MachineFacts } from '../resources.ts'
import { HookError, type Hooks } from './hooks.ts'

const detectable = ['cpus', 'mem', 'disk', 'ports'] as const

/**
 * The configuration with what hooks make of the machine's resources and attributes, before anybody is told of them.
 * What a hook answers is all that there is: nothing is detected besides. Throws ConfigError where a fail-closed hook
 * fails.
 */
export const decorateMachine = async (
  config: AgentConfig,
  hooks: Hooks,
  machine: MachineFacts & { readonly hostname: string },
): Promise<AgentConfig> => {
  if (!hooks.has('resourcesDecorator') && !hooks.has('attributesDecorator')) return config
  const { resources, defaultRole, attributes } = config
  const shown = {
    hostname: config.hostname ?? machine.hostname,
    resources: toWire(detectResources(resources, defaultRole, machine), { format: 'stacks' }),
    attributes,
  }
  try {
    const made = await hooks.resources(shown, defaultRole, (given) =>
      toWire(given.resources, { format: 'stacks' }),
    )
    return {
      ...config,
      attributes: (await hooks.attributes(shown)).filter(({ name }) => !builtInNames.has(name)),
      resources:
        made === undefined
          ? resources
          : { ...made, mentioned: new Set([...made.mentioned, ...detectable]) },
    }
  } catch (error) {
    if (!(error instanceof HookError)) throw error
    throw new ConfigError([`--hooks: ${error.message}; its failure policy is fail-closed`])
  }
}
