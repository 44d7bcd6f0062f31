import { FetchError, type Fetcher, type FetchOrder } from '../../src/core-agent/fetch/fetcher.ts'

/** Fetches nothing, at once, as a test says. */
export class FakeFetcher implements Fetcher {
  readonly orders: FetchOrder[] = []
  /** Why the next one fails; `stall`: it ends only when it is given up. */
  problem: string | undefined

  async fetch(order: FetchOrder, signal: AbortSignal): Promise<void> {
    this.orders.push(order)
    const { problem } = this
    this.problem = undefined
    if (problem === 'stall')
      await new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new FetchError('it was given up')))
      })
    if (problem !== undefined) throw new FetchError(problem)
  }
}
