import type { NodeView } from '../../mesos-framework/cluster.ts'
import { type Filters, labelsMatch, some } from '../filters.ts'
import { object, text, textMap } from '../json.ts'

/** Of `GET /events` (docker-frontend §2.1). */
export const eventFilterKeys = [
  'type',
  'event',
  'container',
  'image',
  'label',
  'network',
  'volume',
  'daemon',
  'scope',
  'node',
] as const

/** As dockerd filters its own events (moby `daemon/events/filter.go`), and by node. */
export const acceptsEvent = (
  event: Readonly<Record<string, unknown>>,
  node: NodeView | undefined,
  filters: Filters,
): boolean => {
  const actor = object(event['Actor'])
  const attributes = textMap(actor['Attributes'])
  const type = text(event['Type'])
  const id = text(actor['ID'])
  const { name = '' } = attributes
  const isOf = (kind: string) => (value: string) =>
    type === kind && (id.startsWith(value) || name.startsWith(value))
  return (
    some(filters, 'type', (value) => type === value) &&
    some(filters, 'event', (value) => isAction(text(event['Action']), value)) &&
    some(filters, 'scope', (value) => text(event['scope']) === value) &&
    some(filters, 'container', isOf('container')) &&
    some(filters, 'image', (value) => isImage(type, id, attributes, value)) &&
    some(filters, 'network', isOf('network')) &&
    some(filters, 'volume', isOf('volume')) &&
    some(filters, 'daemon', isOf('daemon')) &&
    some(filters, 'node', (value) => node?.hostname === value || node?.id === value) &&
    labelsMatch(filters, attributes)
  )
}

/** `health_status` selects `health_status: healthy`, `exec_create` every command. */
const isAction = (action: string, wanted: string): boolean =>
  action === wanted || action.startsWith(`${wanted}:`)

/** Image events by their own name, container events by the image they were made from. */
const isImage = (
  type: string,
  id: string,
  { name = '', image = '' }: Readonly<Record<string, string | undefined>>,
  wanted: string,
): boolean => {
  const names = { image: [id, name], container: [image] }[type] ?? []
  return names.some((one) => one === wanted || withoutTag(one) === wanted)
}

const withoutTag = (name: string): string => name.replace(/:[^/:]*$/, '')
