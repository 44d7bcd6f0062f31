import { record, text } from './inspect.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * A create body of API 1.44 for an engine that speaks an older one (docker-frontend §1.2): what such an engine does not
 * know is said in words it does, or left out with a warning.
 */
export const bodyFor = (
  body: Body,
  apiVersion: string,
): { readonly body: Body; readonly warnings: readonly string[] } => {
  const minor = minorOf(apiVersion)
  if (minor >= annotationsMinor) return { body, warnings: [] }
  const { Annotations, ...host } = record(body['HostConfig'])
  const isAnnotated = Object.keys(record(Annotations)).length > 0
  return {
    body: { ...body, HostConfig: minor >= mountpointMinor ? host : withBinds(host) },
    warnings: isAnnotated
      ? [
          `HostConfig.Annotations are left out: the engine of this node (API ${apiVersion}) does not know them, API 1.${annotationsMinor} does`,
        ]
      : [],
  }
}

/** Stop and restart take a `signal` since then; an older engine ignores it. */
export const takesStopSignal = (apiVersion: string): boolean => minorOf(apiVersion) >= 42

const mountpointMinor = 42
const annotationsMinor = 43

const minorOf = (apiVersion: string): number => Number(apiVersion.split('.')[1] ?? 0)

/** A bind mount that makes its source where it is missing is what a line of `Binds` always was. */
const withBinds = (host: Body): Body => {
  const mounts = Array.isArray(host['Mounts']) ? host['Mounts'].map(record) : []
  const made = mounts.filter(makesSource)
  if (made.length === 0) return host
  const binds = Array.isArray(host['Binds']) ? host['Binds'] : []
  return {
    ...host,
    Mounts: mounts.filter((mount) => !makesSource(mount)),
    Binds: [...binds, ...made.map(bindOf)],
  }
}

/** A colon separates the parts of a bind, so a path with one stays a mount. */
const makesSource = (mount: Body): boolean =>
  text(mount['Type']) === 'bind' &&
  record(mount['BindOptions'])['CreateMountpoint'] === true &&
  !`${text(mount['Source'])}${text(mount['Target'])}`.includes(':')

const bindOf = (mount: Body): string => {
  const propagation = text(record(mount['BindOptions'])['Propagation'])
  const options = [mount['ReadOnly'] === true ? 'ro' : '', propagation].filter(Boolean).join(',')
  return [text(mount['Source']), text(mount['Target']), options].filter(Boolean).join(':')
}
