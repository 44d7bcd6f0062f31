/** What happens with a call that fails: `fail-open` goes on as if nothing had been answered. */
export const failurePolicies = ['fail-open', 'fail-closed'] as const
export type FailurePolicy = (typeof failurePolicies)[number]

/** One module as `--modules` names it. */
export interface ModuleEntry {
  readonly name: string
  readonly library: Library
  readonly parameters: Readonly<Record<string, string>>
  /** Undefined: as its descriptor says. */
  readonly worker: boolean | undefined
  readonly failurePolicy: FailurePolicy | undefined
}

/** `file`: an absolute path. `package`: a name, looked for from `from`. */
export type Library =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'package'; readonly name: string; readonly from: string }

/** Of one manifest; far more than anybody runs. */
export const maxModules = 100

/**
 * `{libraries: [{file | name, modules: [{name, parameters: [{key, value}]}]}]}`, as Mesos has it, and of shoal's own
 * `worker` and `failure_policy` of a module. Relative files are those of `folder`. Throws an Error that names the
 * field and what it should be.
 */
export const parseManifest = (text: string, folder: string): readonly ModuleEntry[] => {
  const manifest = readJson(text)
  onlyFields('', manifest, ['libraries'])
  return listOf('libraries', manifest['libraries']).flatMap((one, index) => {
    const place = `libraries[${index}]`
    const library = objectOf(place, one)
    onlyFields(place, library, ['file', 'name', 'modules'])
    const from = libraryOf(place, library, folder)
    return listOf(`${place}.modules`, library['modules']).map((entry, at) =>
      moduleOf(`${place}.modules[${at}]`, objectOf(`${place}.modules[${at}]`, entry), from),
    )
  })
}

/** All manifests as one. Throws an Error naming a module that is there twice. */
export const mergeManifests = (
  manifests: readonly (readonly ModuleEntry[])[],
): readonly ModuleEntry[] => {
  const all = manifests.flat()
  const seen = new Set<string>()
  for (const { name } of all) {
    if (seen.has(name)) throw new Error(`module "${name}" is there twice: name it once`)
    seen.add(name)
  }
  if (all.length > maxModules)
    throw new Error(`${all.length} modules are more than ${maxModules}: leave some out`)
  return all
}

const readJson = (text: string): Json => {
  try {
    return objectOf('', JSON.parse(text))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new Error(
      `wanted JSON such as {"libraries":[{"file":"/path/to/module.mjs","modules":[{"name":"mine"}]}]}, or file:///path: ${error.message}`,
      { cause: error },
    )
  }
}

const libraryOf = (place: string, { file, name }: Json, folder: string): Library => {
  if ((file === undefined) === (name === undefined))
    throw new Error(`${place}: wanted either file or name`)
  if (name !== undefined)
    return { type: 'package', name: textOf(`${place}.name`, name), from: folder }
  const given = textOf(`${place}.file`, file).replace(/^file:\/\/(?=\/)/, '')
  return { type: 'file', path: given.startsWith('/') ? given : `${folder}/${given}` }
}

const moduleOf = (place: string, entry: Json, library: Library): ModuleEntry => {
  onlyFields(place, entry, ['name', 'parameters', 'worker', 'failure_policy'])
  const { worker, failure_policy: given } = entry
  const name = textOf(`${place}.name`, entry['name'])
  if (/[,\s]/.test(name)) throw new Error(`${place}.name: "${name}" has a comma or a blank`)
  if (worker !== undefined && typeof worker !== 'boolean')
    throw new Error(`${place}.worker: wanted true or false`)
  const failurePolicy = failurePolicies.find((one) => one === given)
  if (given !== undefined && failurePolicy === undefined)
    throw new Error(`${place}.failure_policy: wanted ${failurePolicies.join(' or ')}`)
  const parameters = parametersOf(`${place}.parameters`, entry['parameters'] ?? [])
  return { name, library, parameters, worker, failurePolicy }
}

const parametersOf = (place: string, given: unknown): Readonly<Record<string, string>> => {
  const pairs = listOf(place, given).map((one, index) => {
    const at = `${place}[${index}]`
    const pair = objectOf(at, one)
    onlyFields(at, pair, ['key', 'value'])
    const value = pair['value']
    if (typeof value !== 'string') throw new Error(`${at}.value: wanted a text`)
    return [textOf(`${at}.key`, pair['key']), value] as const
  })
  const keys = pairs.map(([key]) => key)
  const twice = keys.find((key, index) => keys.indexOf(key) !== index)
  if (twice !== undefined) throw new Error(`${place}: the key "${twice}" is given twice`)
  return Object.fromEntries(pairs)
}

type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const objectOf = (place: string, value: unknown): Json => {
  if (!isObject(value)) throw new Error(`${place === '' ? 'the whole' : place}: wanted an object`)
  return value
}

const listOf = (place: string, value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new Error(`${place}: wanted a list`)
  return value as readonly unknown[]
}

const textOf = (place: string, value: unknown): string => {
  if (!isText(value)) throw new Error(`${place}: wanted a text`)
  return value
}

const onlyFields = (place: string, value: Json, known: readonly string[]): void => {
  const unknown = Object.keys(value).find((field) => !known.includes(field))
  if (unknown !== undefined)
    throw new Error(
      `${place === '' ? '' : `${place}.`}${unknown}: unknown field, wanted ${known.join(', ')}`,
    )
}
