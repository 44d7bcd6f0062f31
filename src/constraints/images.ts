import type { Node } from './node.ts'

/** Where the image of a request is known to be. */
export interface ImageLocation {
  readonly holders: ReadonlySet<Node>
  /** No registry is known to have it: built, committed, imported or loaded (docker-frontend §6.7). */
  readonly localOnly: boolean
}

/** Looks `reference` up on every node: a name with or without tag or digest, or an image id. */
export const locateImage = (reference: string, nodes: readonly Node[]): ImageLocation => {
  const { repository, name } = familiar(reference)
  const id = /^(?:sha256:)?([0-9a-f]{12,64})$/.exec(reference)?.[1]
  const holders = new Set<Node>()
  let pullable = false
  for (const node of nodes) {
    const named = node.images.find(
      ({ tags, digests }) => tags.includes(name) || digests.includes(name),
    )
    const image = named ?? (id && node.images.find((image) => image.id.startsWith(`sha256:${id}`)))
    if (!image) continue
    holders.add(node)
    // An id is no name that a registry knows; nor is a tag that was only put on a pulled image here.
    pullable ||= named?.digests.some((digest) => digest.startsWith(`${repository}@`)) ?? false
  }
  return { holders, localOnly: holders.size > 0 && !pullable }
}

/** As engines list it: `docker.io/library/busybox` is `busybox:latest`; a digest makes a tag before it void. */
export const familiar = (
  reference: string,
): { readonly repository: string; readonly name: string } => {
  const short = reference.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '')
  const [tagged = '', digest] = short.split('@', 2)
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1)
  const repository = colon < 0 ? tagged : tagged.slice(0, colon)
  const tag = colon < 0 ? 'latest' : tagged.slice(colon + 1)
  return {
    repository,
    name: digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`,
  }
}
