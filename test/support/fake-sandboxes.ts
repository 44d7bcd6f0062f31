import {
  SandboxError,
  type Sandboxes,
  type SandboxSpec,
} from '../../src/core-agent/sandboxes/sandboxes.ts'

/** Sandboxes in memory. */
export class FakeSandboxes implements Sandboxes {
  readonly made = new Map<string, SandboxSpec>()
  readonly #touched = new Map<string, number>()
  /** In these something is mounted for good. */
  readonly mounted = new Set<string>()
  diskUsage = 0
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => Date.now()) {
    this.#nowMs = nowMs
  }

  /** What every sandbox holds, by name. */
  readonly files = new Map<string, string>()

  /** Why the next one cannot be made. */
  problem: string | undefined

  make(spec: SandboxSpec): Promise<void> {
    const { problem } = this
    this.problem = undefined
    if (problem !== undefined) return Promise.reject(new SandboxError(problem))
    if (this.made.has(spec.path)) return Promise.reject(new SandboxError('it is there already'))
    this.made.set(spec.path, spec)
    return Promise.resolve()
  }

  makeForCommand(path: string): Promise<undefined> {
    this.made.set(path, { path, owner: undefined })
    return Promise.resolve(undefined)
  }

  read(_path: string, name: string): Promise<string | undefined> {
    return Promise.resolve(this.files.get(name))
  }

  discard(path: string): Promise<void> {
    this.made.delete(path)
    return Promise.resolve()
  }

  survey() {
    const runs = [...this.made.keys()].map((path) => ({
      path,
      containerId: path.split('/').at(-1) ?? '',
      modifiedMs: this.#touched.get(path) ?? this.#nowMs(),
    }))
    for (const { path, modifiedMs } of runs) this.#touched.set(path, modifiedMs)
    return Promise.resolve({ runs, diskUsage: this.diskUsage })
  }

  touch(paths: readonly string[]): Promise<void> {
    for (const path of paths) this.#touched.set(path, this.#nowMs())
    return Promise.resolve()
  }

  remove(path: string): Promise<void> {
    if (this.mounted.has(path)) return Promise.reject(new SandboxError(`${path} is mounted`))
    return this.discard(path)
  }
}
