import type { ImageLocation } from '../images.ts'
import type { Filter } from './filter.ts'

/** How many nodes that have an image are named. */
const maxNamed = 3

/** An image that no registry has runs only where it is; always applied (docker-frontend §6.7). */
export const localImage = (image: string, { holders, localOnly }: ImageLocation): Filter => ({
  name: 'local-image',
  checks: () =>
    localOnly
      ? [
          {
            soft: false,
            accepts: (node) => holders.has(node),
            miss: () => `image ${image} not there, only on ${names(holders)}`,
          },
        ]
      : [],
  conditions: () => (localOnly ? [`image==${image} (soft=false)`] : []),
})

const names = (holders: ImageLocation['holders']): string => {
  const all = [...holders].map(({ hostname }) => hostname)
  const more = all.length > maxNamed ? [`${all.length - maxNamed} more`] : []
  return [...all.slice(0, maxNamed), ...more].join(', ')
}
