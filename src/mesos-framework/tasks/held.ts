import { labels } from '../../mesos/engine-endpoint.ts'
import { parseResources } from '../../resources/parse.ts'
import {
  as,
  format,
  type Kind,
  none,
  ofKind,
  plus,
  type Resources,
} from '../../resources/resources.ts'
import { object, text } from '../inspect.ts'

/** Label of a container: what its task holds, so that a restart of the frontend or of the container knows it. */
export const resourcesLabel = 'io.shoal.resources'

/** The label's value: `{"regular":"mem:64;ports:[31000-31000]","revocable":"cpus:2"}`; reservations are left out. */
export const writeHeld = (held: Resources): string =>
  JSON.stringify({ regular: textOf(held, 'regular'), revocable: textOf(held, 'revocable') })

/** What the label says, nothing where it is missing or not ours. */
export const readHeld = (written: ReadonlyMap<string, string>): Resources => {
  try {
    const value = object(JSON.parse(written.get(resourcesLabel) ?? '{}'))
    const ofText = (kind: Kind) => as(parseResources(text(value[kind])).resources, kind)
    return plus(ofText('regular'), ofText('revocable'))
  } catch {
    return none
  }
}

/** The kind of cpus that a container was created with, which is that of its cgroup for ever. */
export const kindOf = (written: ReadonlyMap<string, string>): Kind =>
  written.get(labels.resourceType) === 'Revocable' ? 'revocable' : 'regular'

const textOf = (held: Resources, kind: Kind): string =>
  format(
    as(
      ofKind(held, kind).map((resource) => ({ ...resource, reservations: [] })),
      'regular',
    ),
  )
