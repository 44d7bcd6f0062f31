import { ExpressionError } from '../../constraints/expression.ts'
import type { Expression } from '../../constraints/node.ts'
import { resourceKinds } from '../../constraints/res-type.ts'
import { revocationProblems } from '../../mesos/revocation.ts'
import type { CreateRequest } from '../../mesos-framework/cluster.ts'
import type { JsonObject } from '../body.ts'
import type { DockerApiConfig } from '../config.ts'
import { ApiError } from '../errors.ts'
import { isReference } from '../images/reference.ts'
import { amountsOf } from './amounts.ts'
import { type CreateBody, checkCreateBody } from './create-body.ts'
import { dependenciesOf } from './dependencies.ts'
import { takeExpressions } from './expressions.ts'
import { exposedPorts, publishedPorts } from './ports.ts'

/** Labels travel in every task, list and inspect; a larger one is data, not a label. */
export const maxLabelBytes = 65_536
const maxLabels = 10_000
const maxEnvEntries = 10_000

/**
 * A create body and its query as a placement request (docker-frontend §6.1): everything that can be refused is
 * refused here, before anything waits. Throws ApiError with status 400.
 */
export const intake = (
  body: JsonObject,
  query: { readonly name: string; readonly platform: string },
  config: DockerApiConfig,
): CreateRequest => {
  const checked = withLegacySizes(checkCreateBody(body))
  const image = checkImage(checked.Image ?? '')
  const name = query.name === '' ? '' : checkContainerName(query.name)
  checkWorkingDir('WorkingDir', checked.WorkingDir ?? '')
  const labels = checkLabels(checked.Labels ?? {})
  const taken = takeExpressions(checkEnv(checked.Env ?? []), labels)
  const resTypes = taken.constraints.filter(({ key }) => key === 'res-type')
  return {
    name,
    platform: query.platform,
    body: { ...checked, Env: taken.env, Labels: taken.labels },
    placement: {
      name,
      image,
      constraints: taken.constraints.filter(({ key }) => key !== 'res-type'),
      affinities: taken.affinities,
      whitelists: taken.whitelists,
      kinds: kindsOf(resTypes, config),
      asked: amountsOf(checked.HostConfig ?? {}, config),
      revocableMemory: config.revocableMemory,
      networkMode: checked.HostConfig?.NetworkMode || 'default',
      publishedPorts: publishedPorts(checked),
      exposedPorts: exposedPorts(checked),
      dependencies: dependenciesOf(checked),
    },
  }
}

/** The name without its leading slash. Throws INVALID_CONTAINER_NAME in dockerd's words. */
export const checkContainerName = (text: string): string => {
  const name = text.startsWith('/') ? text.slice(1) : text
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) throw new ApiError('INVALID_CONTAINER_NAME', text)
  return name
}

/** A working directory below a file descriptor of runc escapes the container (CVE-2024-21626). */
export const checkWorkingDir = (field: string, path: string): void => {
  if (/^\/+proc\/+[^/]+\/+fd(\/|$)/.test(path))
    throw new ApiError(
      'INVALID_PARAMETER',
      `${field}: ${path} is below /proc/*/fd, name a directory`,
    )
}

const checkImage = (image: string): string => {
  if (image === '')
    throw new ApiError('INVALID_PARAMETER', 'Image: no image given, such as busybox:latest')
  if (!isReference(image))
    throw new ApiError('INVALID_PARAMETER', `invalid reference format: Image: ${image}`)
  return image
}

const kindsOf = (resTypes: readonly Expression[], config: DockerApiConfig) => {
  try {
    return resourceKinds(resTypes, {
      revocableEnabled: config.revocableEnabled,
      fallback: config.defaultResType,
    })
  } catch (error) {
    if (error instanceof ExpressionError) throw new ApiError('INVALID_PARAMETER', error.message)
    throw error
  }
}

const checkLabels = (
  labels: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> => {
  const entries = Object.entries(labels).map(([key, value]) => [key, value ?? ''] as const)
  if (entries.length > maxLabels)
    throw new ApiError('INVALID_PARAMETER', `Labels: at most ${maxLabels} labels are accepted`)
  for (const [key, value] of entries) {
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(value)
    if (bytes > maxLabelBytes)
      throw new ApiError(
        'INVALID_PARAMETER',
        `Labels: label "${key.slice(0, 64)}" is ${bytes} bytes long, at most ${maxLabelBytes} are accepted: put the data into a file or a volume and its path into the label`,
      )
  }
  const [problem] = revocationProblems(Object.fromEntries(entries))
  if (problem !== undefined) throw new ApiError('INVALID_PARAMETER', problem)
  return Object.fromEntries(entries)
}

const checkEnv = (env: readonly string[]): readonly string[] => {
  if (env.length > maxEnvEntries)
    throw new ApiError('INVALID_PARAMETER', `Env: at most ${maxEnvEntries} entries are accepted`)
  return env
}

/** Sizes beside the image override those of HostConfig when they are not zero, and move there. */
const withLegacySizes = (body: JsonObject & CreateBody): JsonObject & CreateBody => {
  const { Memory, MemorySwap, CpuShares, Cpuset, ...rest } = body
  const legacy = Object.fromEntries(
    Object.entries({ Memory, MemorySwap, CpuShares, CpusetCpus: Cpuset }).filter(
      ([, value]) => value,
    ),
  )
  if (Object.keys(legacy).length === 0) return rest
  return { ...rest, HostConfig: { ...body.HostConfig, ...legacy } } as JsonObject & CreateBody
}
