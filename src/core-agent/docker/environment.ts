import type { CommandInfo, EnvironmentVariable, ExecutorInfo, TaskInfo } from '../../mesos/wire.ts'

/** What the agent adds to every task's environment. */
export interface Own {
  readonly containerName: string
  /** Where the container sees its sandbox; undefined: it has none. */
  readonly sandbox: string | undefined
}

/**
 * Env of a task's container: the framework's variables, those of `parameters`, then the agent's own; of one name the
 * last counts (core-agent §3.2). A problem names the variable.
 */
export const environment = (
  task: TaskInfo,
  parameters: readonly string[],
  own: Own,
): readonly string[] | { readonly problem: string } => {
  const entries = new Map<string, string>()
  const put = (name: string, value: string) => {
    entries.delete(name)
    entries.set(name, value)
  }
  for (const variable of task.command?.environment?.variables ?? []) {
    const value = valueOf(variable)
    if (typeof value !== 'string') return value
    put(variable.name, value)
  }
  for (const text of parameters) {
    const at = text.indexOf('=')
    put(text.slice(0, at), text.slice(at + 1))
  }
  if (own.sandbox !== undefined) put('MESOS_SANDBOX', own.sandbox)
  put('MESOS_CONTAINER_NAME', own.containerName)
  put('MESOS_ALLOCATION_ROLE', roleOf(task))
  put('MESOS_TASK_ID', task.task_id.value)
  return [...entries].map(([name, value]) => `${name}=${value}`)
}

const valueOf = (variable: EnvironmentVariable): string | { readonly problem: string } => {
  const { name, type, value = '', secret } = variable
  const problem = (why: string) => ({ problem: `Environment variable '${name}' ${why}` })
  if (name === '' || name.includes('=')) return problem('needs a name without an equals sign')
  if (type !== 'SECRET')
    return value.includes('\0') ? problem('must not hold a zero character') : value
  if (secret?.type === 'REFERENCE')
    return problem(
      'is a secret by reference, and this agent resolves none: give it as a Secret of type VALUE',
    )
  if (secret?.value === undefined) return problem('of type SECRET needs a Secret of type VALUE')
  const text = Buffer.from(secret.value.data).toString()
  return text.includes('\0') ? problem('must not hold a zero character') : text
}

const roleOf = ({ resources = [] }: TaskInfo): string =>
  resources.find(({ allocation_info: info }) => info?.role !== undefined)?.allocation_info?.role ??
  '*'

/** Names of the variables whose values belong into the container alone: no journal, no status, no log. */
export const secretNames = (task: TaskInfo): ReadonlySet<string> => namesOf(task.command)

const namesOf = (command: CommandInfo | undefined): ReadonlySet<string> =>
  new Set(
    (command?.environment?.variables ?? [])
      .filter(({ type }) => type === 'SECRET')
      .map(({ name }) => name),
  )

/** The task with empty secrets, its executor's too: what may be written down. */
export const withoutSecrets = (task: TaskInfo): TaskInfo => ({
  ...task,
  ...(task.command === undefined ? {} : { command: emptied(task.command) }),
  ...(task.executor === undefined ? {} : { executor: executorWithoutSecrets(task.executor) }),
})

export const executorWithoutSecrets = (executor: ExecutorInfo): ExecutorInfo =>
  executor.command === undefined ? executor : { ...executor, command: emptied(executor.command) }

const emptied = (command: CommandInfo): CommandInfo => {
  if (namesOf(command).size === 0) return command
  const variables = (command.environment?.variables ?? []).map((variable) =>
    variable.secret?.value === undefined
      ? variable
      : { ...variable, secret: { ...variable.secret, value: { data: new Uint8Array() } } },
  )
  return { ...command, environment: { ...command.environment, variables } }
}
