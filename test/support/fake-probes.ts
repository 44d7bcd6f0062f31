import type { Taken } from '../../src/core-agent/checks/judge.ts'
import type { Probes, SocketTarget } from '../../src/core-agent/checks/probes.ts'

/** Answers as it was told to last; undefined: not at all. */
export class FakeProbes implements Probes {
  readonly looks: SocketTarget[] = []
  answer: Taken | undefined = { type: 'TCP', succeeded: true }

  look(target: SocketTarget, signal: AbortSignal): Promise<Taken> {
    this.looks.push(target)
    const { answer } = this
    if (answer !== undefined) return Promise.resolve(answer)
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('given up')))
    })
  }
}
