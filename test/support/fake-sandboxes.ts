import {
  SandboxError,
  type Sandboxes,
  type SandboxSpec,
} from '../../src/core-agent/sandboxes/sandboxes.ts'

/** Sandboxes in memory. */
export class FakeSandboxes implements Sandboxes {
  readonly made = new Map<string, SandboxSpec>()
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

  discard(path: string): Promise<void> {
    this.made.delete(path)
    return Promise.resolve()
  }
}
