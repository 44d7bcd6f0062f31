import type { Contained, Isolator } from './isolator.ts'

/** Bytes below a folder; resolves with undefined where they could not be counted in time. */
export type Measure = (folder: string) => Promise<number | undefined>

const mib = 1024 ** 2

/**
 * What the sandbox holds, measured now and then, one sandbox at a time (`container_disk_watch_interval`). With
 * `enforce` a container that holds more than its disk resource has to go, as in Mesos.
 */
export class DiskIsolator implements Isolator {
  readonly name = 'disk/du'
  readonly #measure: Measure
  readonly #enforce: boolean
  readonly #used = new Map<string, number>()
  #measuring = false

  constructor(options: { readonly measure: Measure; readonly enforce: boolean }) {
    this.#measure = options.measure
    this.#enforce = options.enforce
  }

  /** One round over the given containers; a round that comes while one is under way is left out. */
  async measure(containers: readonly Contained[]): Promise<void> {
    if (this.#measuring) return
    this.#measuring = true
    const ids = new Set(containers.map(({ containerId }) => containerId))
    for (const known of this.#used.keys()) if (!ids.has(known)) this.#used.delete(known)
    for (const { containerId, sandbox } of containers) {
      const bytes = await this.#measure(sandbox)
      if (bytes !== undefined) this.#used.set(containerId, bytes)
    }
    this.#measuring = false
  }

  prepare(): void {}

  update(): void {}

  isolate(): object {
    return {}
  }

  usage({ containerId }: Contained) {
    const diskBytes = this.#used.get(containerId)
    return diskBytes === undefined ? {} : { diskBytes }
  }

  limitation({ containerId, bounds: { diskBytes } }: Contained) {
    const used = this.#used.get(containerId) ?? 0
    if (!this.#enforce || diskBytes === 0 || used <= diskBytes) return undefined
    const megabytes = (bytes: number) => `${Math.ceil(bytes / mib)}MB`
    return {
      resource: 'disk',
      message: `Disk usage (${megabytes(used)}) exceeds quota (${megabytes(diskBytes)})`,
    } as const
  }

  cleanup({ containerId }: Contained): boolean {
    this.#used.delete(containerId)
    return true
  }
}
