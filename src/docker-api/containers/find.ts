import type { Cluster, ContainerView } from '../../mesos-framework/cluster.ts'
import { ApiError } from '../errors.ts'

/** The container that a reference names (docker-frontend §1.4). Throws NO_SUCH_CONTAINER and AMBIGUOUS_PREFIX. */
export const findContainer = (cluster: Cluster, reference: string): ContainerView => {
  const found = cluster.find(reference)
  if (found.kind === 'found') return found.container
  if (found.kind === 'ambiguous' && found.by === 'prefix')
    throw new ApiError('AMBIGUOUS_PREFIX', reference)
  throw new ApiError('NO_SUCH_CONTAINER', reference)
}
