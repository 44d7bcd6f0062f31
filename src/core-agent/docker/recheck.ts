import { isDeepStrictEqual } from 'node:util'
import { agentLabels } from '../../mesos/engine-endpoint.ts'
import { leaksDescriptors, spellingProblem, workingDirText } from './container-spec.ts'
import { record, text } from './inspect.ts'
import { type DockerPolicy, policyProblem } from './policy.ts'

type Body = Readonly<Record<string, unknown>>

/** Of HostConfig: what accounting has set, whatever the user or a plug-in would like. */
const accounted = [
  'AutoRemove',
  'CgroupParent',
  'CpuPeriod',
  'CpuQuota',
  'CpuShares',
  'Memory',
  'MemoryReservation',
  'MemorySwap',
  'NanoCpus',
  'OomScoreAdj',
] as const

/**
 * Why a create body that a plug-in has made of ours cannot be: it undoes what the agent counts or finds its containers
 * by, or asks for what `--docker_policy` is against. What was there before has been checked, and our own mount needs no
 * policy. Undefined: nothing is wrong.
 */
export const recheckProblem = (
  policy: DockerPolicy,
  before: Body,
  after: Body,
): string | undefined => {
  const misspelt = spellingProblem(after)
  if (misspelt !== undefined) return misspelt
  const [labelsBefore, labels] = [record(before['Labels']), record(after['Labels'])]
  for (const name of Object.values(agentLabels))
    if (labels[name] !== labelsBefore[name])
      return `Labels.${name}: the agent finds its containers by it, leave it as it is`
  const [hostBefore, host] = [record(before['HostConfig']), record(after['HostConfig'])]
  for (const name of accounted)
    if (!isDeepStrictEqual(host[name], hostBefore[name]))
      return `HostConfig.${name}: it is what the task holds, leave it as it is`
  if (leaksDescriptors(text(after['WorkingDir']))) return `WorkingDir: ${workingDirText}`
  return policyProblem(policy, { ...after, HostConfig: news(hostBefore, host) })
}

/** Fields, and items of lists, that were not there before. */
const news = (before: Body, after: Body): Body =>
  Object.fromEntries(
    Object.entries(after).flatMap(([name, value]) => {
      const known = before[name]
      if (isDeepStrictEqual(value, known)) return []
      if (!Array.isArray(value) || !Array.isArray(known)) return [[name, value]]
      return [[name, value.filter((item) => !known.some((one) => isDeepStrictEqual(item, one)))]]
    }),
  )
