import type { Cgroups, CgroupUsage, Tiers } from '../../src/core-agent/cgroups.ts'

/** Control groups that exist by being asked for; `problem` makes them as unwritable as a rootless host's. */
export class FakeCgroups implements Cgroups {
  problem: string | undefined
  readonly tiers: Tiers
  readonly prepared: { readonly driver: string; readonly cpus: number }[] = []
  readonly used = new Map<string, CgroupUsage>()

  constructor(root = '/shoal') {
    this.tiers = { regular: `${root}/regular`, revocable: `${root}/revocable` }
  }

  prepare(options: { readonly driver: string; readonly cpus: number }) {
    this.prepared.push(options)
    return this.problem === undefined ? { tiers: this.tiers } : { tiers: {}, problem: this.problem }
  }

  usage(parent: string, container = ''): CgroupUsage | undefined {
    return this.used.get(`${parent}/${container}`)
  }
}
