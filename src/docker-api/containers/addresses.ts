import { list, object, text } from '../json.ts'

/** Engines name every address like this; on a cluster it must be the agent's (docker-frontend §4.3). */
const unspecified = new Set(['', '0.0.0.0', '::'])

export interface HostPort {
  readonly HostIp: string
  readonly HostPort: string
}

/**
 * `NetworkSettings.Ports` of an inspect with the agent's address for unspecified ones; `0.0.0.0` and `::` of one
 * port become one entry (D49). A port without bindings stays `null`.
 */
export const withNodeAddress = (
  ports: unknown,
  nodeIp: string,
): Readonly<Record<string, readonly HostPort[] | null>> =>
  Object.fromEntries(
    Object.entries(object(ports)).map(([port, bindings]) => [
      port,
      bindings === null ? null : distinct(list(bindings).map((one) => readBinding(one, nodeIp))),
    ]),
  )

const readBinding = (binding: unknown, nodeIp: string): HostPort => {
  const { HostIp, HostPort } = object(binding)
  const address = text(HostIp)
  return { HostIp: unspecified.has(address) ? nodeIp : address, HostPort: text(HostPort) }
}

const distinct = (bindings: readonly HostPort[]): readonly HostPort[] => [
  ...new Map(bindings.map((one) => [`${one.HostIp} ${one.HostPort}`, one])).values(),
]
