import type { ContainerInfo, LinuxInfo, RLimitInfoRLimit } from '../../mesos/wire.ts'
import type { Draft } from './parameters.ts'

/**
 * tty_info, rlimit_info and linux_info, which Mesos' docker containerizer ignores (core-agent §3.2). A text names what
 * the engine cannot do.
 */
export const linuxInfo = (draft: Draft, container: ContainerInfo): string | undefined => {
  if (container.tty_info !== undefined) draft.body['Tty'] = true
  return (
    rlimits(draft, container.rlimit_info?.rlimits ?? []) ?? linux(draft, container.linux_info ?? {})
  )
}

const rlimits = ({ host }: Draft, all: readonly RLimitInfoRLimit[]): string | undefined => {
  const ulimits: object[] = []
  for (const { type = 'UNKNOWN', soft, hard } of all) {
    const name = type.replace(/^RLMT_/, '').toLowerCase()
    if (type === 'UNKNOWN' || type === 'RLMT_AS')
      return `RLimitInfo: the engine sets no ${type} limit: leave it out`
    if ((soft === undefined) !== (hard === undefined))
      return `RLimitInfo: ${type} needs both soft and hard, or neither for no limit`
    if (soft !== undefined && hard !== undefined && soft > hard)
      return `RLimitInfo: the soft limit ${soft} of ${type} is above the hard limit ${hard}`
    ulimits.push({ Name: name, Soft: soft ?? -1, Hard: hard ?? -1 })
  }
  if (ulimits.length > 0) host['Ulimits'] = ulimits
  return undefined
}

const linux = ({ host }: Draft, info: LinuxInfo): string | undefined => {
  const problem = capabilities(host, info)
  if (problem !== undefined) return problem
  if (info.share_pid_namespace === true) host['PidMode'] = 'host'
  if (info.ipc_mode === 'PRIVATE') host['IpcMode'] = 'private'
  if (info.ipc_mode === 'SHARE_PARENT') host['IpcMode'] = 'host'
  if (info.shm_size !== undefined) {
    if (info.ipc_mode === 'SHARE_PARENT')
      return 'LinuxInfo.shm_size cannot be set with ipc_mode SHARE_PARENT: use PRIVATE'
    host['ShmSize'] = info.shm_size * mib
  }
  if (info.seccomp?.profile_name !== undefined)
    return `LinuxInfo.seccomp: this agent has no profile '${info.seccomp.profile_name}': give it as the parameter security-opt`
  if (info.seccomp?.unconfined === true) host['SecurityOpt'] = ['seccomp=unconfined']
  return undefined
}

const mib = 1024 ** 2

/** What is listed is all the container has: the engine's defaults go. */
const capabilities = (host: Draft['host'], info: LinuxInfo): string | undefined => {
  const effective = info.effective_capabilities ?? info.capability_info
  const bounding = info.bounding_capabilities
  const listed = effective ?? bounding
  if (listed === undefined) return undefined
  const names = listed.capabilities ?? []
  const beyond = bounding && names.find((name) => !(bounding.capabilities ?? []).includes(name))
  if (beyond !== undefined)
    return `LinuxInfo: effective capability ${beyond} is not among bounding_capabilities`
  if (names.includes('UNKNOWN')) return 'LinuxInfo: capability UNKNOWN cannot be given'
  host['CapDrop'] = ['ALL']
  host['CapAdd'] = [...names]
  return undefined
}
