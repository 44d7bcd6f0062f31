/** An image on the engine's disk. */
export interface StoredImage {
  /** `sha256:…`. */
  readonly id: string
  /** Tags and digests; without any it is what a build or a newer pull of its tag left. */
  readonly references: readonly string[]
  readonly sizeBytes: number
  /** Of some container, one that has ended too. */
  readonly inUse: boolean
  /** When a task last used it, or when it was first seen; wall clock. */
  readonly lastUsedMs: number
}

export interface ImageFactsForRemoval {
  readonly images: readonly StoredImage[]
  /** Of the file system that the engine keeps images on. */
  readonly disk: { readonly usedBytes: number; readonly totalBytes: number }
  /** Nothing is removed below the first; above it, as much as brings it to the second. Parts of the disk, from 0 to 1. */
  readonly watermarks: { readonly high: number; readonly low: number }
  /** References or ids that stay. */
  readonly excluded: readonly string[]
}

/**
 * Ids of the images to remove, the one first that was used the longest ago (core-agent §3.8). None that a container has,
 * none that is excluded. What an image really frees is known only afterwards, since images share layers: no more are
 * chosen than would free enough if each freed its whole size. Pure.
 */
export const imagesToRemove = ({
  images,
  disk: { usedBytes, totalBytes },
  watermarks: { high, low },
  excluded,
}: ImageFactsForRemoval): readonly string[] => {
  if (totalBytes <= 0 || usedBytes <= high * totalBytes) return []
  const kept = new Set(excluded.map(named))
  const removable = images
    .filter(
      ({ inUse, id, references }) => !inUse && ![id, ...references].some((one) => kept.has(one)),
    )
    .sort((a, b) => a.lastUsedMs - b.lastUsedMs || (a.id < b.id ? -1 : 1))
  const chosen: string[] = []
  let leftBytes = usedBytes - low * totalBytes
  for (const { id, sizeBytes } of removable) {
    if (leftBytes <= 0) break
    chosen.push(id)
    leftBytes -= sizeBytes
  }
  return chosen
}

/** As the engine names it: a reference without tag or digest means `latest`. */
const named = (reference: string): string =>
  reference.startsWith('sha256:') || /[:@][^/]*$/.test(reference)
    ? reference
    : `${reference}:latest`
