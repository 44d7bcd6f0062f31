import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'

const folder = new URL('./proto/', import.meta.url)
const files = [
  'mesos.proto',
  'scheduler.proto',
  'executor.proto',
  'agent.proto',
  'agent-link.proto',
  'master.proto',
]

/** Our own message definitions, by reflection: field names stay snake_case, as on the JSON wire (W5). */
export const loadProto = (): protobuf.Root => {
  const root = new protobuf.Root()
  root.resolvePath = (_origin, target) =>
    fileURLToPath(new URL(target.split('/').at(-1) ?? '', folder))
  root.loadSync(files, { keepCase: true })
  root.resolveAll()
  return root
}

let loaded: protobuf.Root | undefined

/** The message type of that full name, such as `mesos.v1.scheduler.Call`. Loads the files once. */
export const messageType = (fullName: string): protobuf.Type => {
  loaded ??= loadProto()
  return loaded.lookupType(fullName)
}
