/**
 * CPUs that the agent's own control group may use, least along its path; undefined: it is not limited. `cgroups` is the
 * text of /proc/self/cgroup, `read` gives a file below /sys/fs/cgroup, undefined where there is none.
 */
export const cpuQuota = (
  cgroups: string,
  read: (path: string) => string | undefined,
): number | undefined => {
  const quotas = cgroups.split('\n').flatMap((line) => {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers === '') return ancestors(path).map((one) => unified(read(`${one}cpu.max`)))
    return controllers.split(',').includes('cpu')
      ? ancestors(path).map((one) => legacy((file) => read(`cpu/${one}cpu.${file}`)))
      : []
  })
  const limits = quotas.filter((quota) => quota !== undefined)
  return limits.length === 0 ? undefined : Math.min(...limits)
}

/** `/a/b` as `a/b/`, `a/` and the root's empty text. */
const ancestors = (path: string): readonly string[] => {
  const names = path.split('/').filter((name) => name !== '')
  return [...names, ''].map((_name, i) =>
    names
      .slice(0, names.length - i)
      .map((name) => `${name}/`)
      .join(''),
  )
}

/** `max 100000` or `150000 100000`. */
const unified = (text: string | undefined): number | undefined => {
  const [quota, period] = (text ?? '').trim().split(' ').map(Number)
  return ratio(quota, period)
}

/** -1 is no limit. */
const legacy = (read: (file: string) => string | undefined): number | undefined =>
  ratio(Number(read('cfs_quota_us') ?? -1), Number(read('cfs_period_us') ?? 0))

const ratio = (quota: number | undefined, period: number | undefined): number | undefined =>
  quota !== undefined && period !== undefined && quota > 0 && period > 0
    ? quota / period
    : undefined
