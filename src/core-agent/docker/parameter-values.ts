/** Values of `docker run` options as the create body has them; undefined: the text cannot be read. */
export type Read = (value: string) => unknown

export const asText: Read = (value) => value

export const wholeNumber = (value: string): number | undefined =>
  /^-?\d+$/.test(value) ? Number(value) : undefined

/** As the docker command reads a flag (Go's strconv.ParseBool); a flag alone is true. */
export const flag: Read = (value) =>
  /^(1|t|true|)$/i.test(value) ? true : /^(0|f|false)$/i.test(value) ? false : undefined

const byteFactors: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
}

/** Docker's sizes: `64m`, `1g`, `1gib`, plain bytes, and -1. */
export const bytes: Read = (value) => {
  if (value === '-1') return -1
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?) ?([bkmgt]?)i?b?$/i.exec(value) ?? []
  const factor = byteFactors[unit.toLowerCase()]
  return amount === undefined || factor === undefined
    ? undefined
    : Math.floor(Number(amount) * factor)
}

/** `/dev/a`, `/dev/a:r`, `/dev/a:/dev/b`, `/dev/a:/dev/b:rw` */
export const device: Read = (value) => {
  const [host = '', second, third, ...more] = value.split(':')
  if (!host.startsWith('/') || more.length > 0) return undefined
  const isMode = second !== undefined && third === undefined && permissions.test(second)
  const mode = (isMode ? second : third) ?? 'rwm'
  if (!permissions.test(mode)) return undefined
  return {
    PathOnHost: host,
    PathInContainer: isMode ? host : (second ?? host),
    CgroupPermissions: mode,
  }
}

const permissions = /^[rwm]{1,3}$/

/** `nofile=1024`, `nofile=1024:2048` */
export const ulimit: Read = (value) => {
  const [, name, soft, hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? []
  return name === undefined ? undefined : { Name: name, Soft: Number(soft), Hard: Number(hard) }
}

/** `all`, `2`, `device=0` and the like; the ids of several devices are parted by commas in quotes. */
export const gpus: Read = (value) => {
  const count = value === 'all' ? -1 : wholeNumber(value)
  if (count !== undefined) return [{ Count: count, Capabilities: [['gpu']] }]
  const options = new Map(commaValues(value).map((one) => splitOnce(one)))
  const ids = options.get('device')
  return ids === undefined || ids === '' || options.size > 1
    ? undefined
    : [{ DeviceIDs: ids.split(','), Capabilities: [['gpu']] }]
}

/** `type=bind,source=/a,target=/b,readonly`: the keys of `docker run --mount`. */
export const mount: Read = (value) => {
  const found: Record<string, unknown> = { Type: 'volume', Source: '', ReadOnly: false }
  for (const [key, text] of commaValues(value).map((one) => splitOnce(one))) {
    const put = mountKeys[key.toLowerCase()]
    if (put === undefined) return undefined
    const part = put(text)
    if (part === undefined) return undefined
    merge(found, part)
  }
  return found['Target'] === undefined ? undefined : found
}

type Part = Readonly<Record<string, unknown>>

const named =
  (field: string, read: Read = asText) =>
  (text: string): Part | undefined => {
    const value = read(text)
    return value === undefined ? undefined : { [field]: value }
  }

const within =
  (outer: string, inner: (text: string) => Part | undefined) =>
  (text: string): Part | undefined => {
    const part = inner(text)
    return part === undefined ? undefined : { [outer]: part }
  }

const readOnly = named('ReadOnly', flag)
const source = named('Source')
const target = named('Target')

const mountKeys: Readonly<Record<string, ((text: string) => Part | undefined) | undefined>> = {
  type: named('Type'),
  source,
  src: source,
  target,
  destination: target,
  dst: target,
  readonly: readOnly,
  ro: readOnly,
  'bind-propagation': within('BindOptions', named('Propagation')),
  'volume-nocopy': within('VolumeOptions', named('NoCopy', flag)),
  'volume-driver': within('VolumeOptions', within('DriverConfig', named('Name'))),
  'volume-opt': (text) => {
    const [key, value] = splitOnce(text)
    return { VolumeOptions: { DriverConfig: { Options: { [key]: value } } } }
  },
  'tmpfs-size': within('TmpfsOptions', named('SizeBytes', bytes)),
  'tmpfs-mode': within(
    'TmpfsOptions',
    named('Mode', (text) => (/^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined)),
  ),
}

/** Objects below the same key are joined; their keys are of the table above or a volume's own. */
const merge = (into: Record<string, unknown>, part: Part): void => {
  for (const [key, value] of Object.entries(part)) {
    const known = Object.hasOwn(into, key) ? into[key] : undefined
    if (isRecord(known) && isRecord(value)) merge(known, value)
    else
      Object.defineProperty(into, key, {
        value: isRecord(value) ? { ...value } : value,
        enumerable: true,
        writable: true,
        configurable: true,
      })
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Values of one CSV line: a value in double quotes may hold commas. */
const commaValues = (line: string): readonly string[] =>
  (line.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? []).map((value) =>
    value.replaceAll(/"((?:[^"]|"")*)"/g, (_all, inner: string) => inner.replaceAll('""', '"')),
  )

/** `key=value` as a pair; without `=` the value is empty. */
export const splitOnce = (text: string, separator = '='): readonly [string, string] => {
  const at = text.indexOf(separator)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}
