import { isWhole, type Resource, type Resources } from './resources.ts'

/**
 * The scalars of `a` cut down so that no name has more than `most` says, in thousandths; what `most` does not name
 * is left as it is. Scalars are cut to any amount; what goes whole stays only where there is room for all of it
 * (core-master R5). Ranges and sets are not touched, nor what `counts` is false of. Which piece of a name is cut first is
 * the order of `a`.
 */
export const shrink = (
  a: Resources,
  most: ReadonlyMap<string, number>,
  counts: (resource: Resource) => boolean = all,
): Resources => {
  if (most.size === 0) return a
  const room = new Map(most)
  return a.flatMap((resource) => {
    const left = room.get(resource.name)
    if (left === undefined || resource.value.type !== 'SCALAR' || !counts(resource))
      return [resource]
    const kept = cut(resource, left)
    if (kept?.value.type === 'SCALAR') room.set(resource.name, left - kept.value.milli)
    return kept === undefined ? [] : [kept]
  })
}

/** At most `milli` of a scalar, or undefined where nothing of it fits. */
const cut = (resource: Resource, milli: number): Resource | undefined => {
  const { value } = resource
  if (value.type !== 'SCALAR' || value.milli <= milli) return resource
  if (milli <= 0 || isWhole(resource) || resource.copies !== undefined) return undefined
  return { ...resource, value: { type: 'SCALAR', milli } }
}

const all = (): boolean => true
