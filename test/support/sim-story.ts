import type { Kind } from '../../src/resources/resources.ts'
import type { SimCluster, SimMachine } from './sim-cluster.ts'
import { calm } from './sim-network.ts'

/** What a simulated cluster goes through: what its users do, and what befalls it. */
export class Story {
  /** Containers that a client was told of. */
  readonly created = new Set<string>()
  readonly #cluster: SimCluster
  readonly #aborts: AbortController[] = []
  #names = 0

  constructor(cluster: SimCluster) {
    this.#cluster = cluster
  }

  /** One thing happens, chosen by the seed. */
  next(): void {
    const total = happenings.reduce((sum, { weight }) => sum + weight, 0)
    let at = this.#cluster.random.next() * total
    for (const { weight, happen } of happenings) {
      at -= weight
      if (at < 0) return happen(this, this.#cluster)
    }
  }

  /** A client asks for a container; it may take back its wish later. */
  create(): void {
    const abort = new AbortController()
    this.#aborts.push(abort)
    const name = this.#chance(0.5) ? `web${this.#names++ % 6}` : ''
    const kinds = this.#one<readonly Kind[]>([
      ['regular'],
      ['revocable'],
      ['regular', 'revocable'],
      ['revocable', 'regular'],
    ])
    const cpusMilli = 100 * (1 + Math.floor(this.#cluster.random.next() * 20))
    const lifeMs = Math.floor(this.#cluster.random.next() * 20_000)
    void this.#cluster.framework
      .create(
        {
          name,
          platform: '',
          body: {
            Image: 'busybox',
            Cmd: this.#chance(0.7) ? ['sleep', String(lifeMs / 1000)] : ['sleep', '1000000'],
            HostConfig: { AutoRemove: this.#chance(0.2) },
            Labels: this.#one(revocations),
          },
          placement: {
            name,
            image: 'busybox',
            constraints: [],
            affinities: [],
            whitelists: [],
            kinds,
            asked: new Map([
              ['cpus', cpusMilli],
              ['mem', 64_000],
            ]),
            revocableMemory: false,
            networkMode: 'none',
            publishedPorts: [],
            exposedPorts: [],
            dependencies: {
              volumesFrom: [],
              links: [],
              networkContainer: undefined,
              networks: [],
              volumes: [],
            },
          },
        },
        abort.signal,
      )
      .then((outcome) => {
        if (outcome.kind !== 'created') return
        this.created.add(outcome.id)
        if (this.#chance(0.8)) this.start(outcome.id)
      })
  }

  /** As `docker stop` does: nothing runs again that its user wants down. */
  stop(id: string): void {
    const found = this.#cluster.framework.find(id)
    if (found.kind === 'found' && !this.#cluster.framework.endRequeue(found.container))
      void this.#cluster.engineCall(id, 'POST', '/stop')
  }

  start(id: string): void {
    const found = this.#cluster.framework.find(id)
    if (found.kind === 'found')
      void this.#cluster.framework.start(found.container, new AbortController().signal)
  }

  /** Some container of those that are shown. */
  any(): string | undefined {
    const all = this.#cluster.framework.containers()
    return all.length === 0 ? undefined : this.#one(all).id
  }

  abandonOne(): void {
    this.#aborts.pop()?.abort()
  }

  machine(): SimMachine {
    return this.#one(this.#cluster.machines)
  }

  #one<T>(all: readonly T[]): T {
    const chosen = all[Math.floor(this.#cluster.random.next() * all.length)]
    if (chosen === undefined) throw new Error('nothing to choose from')
    return chosen
  }

  #chance(probability: number): boolean {
    return this.#cluster.random.next() < probability
  }
}

/** What the containers say of their revocation. */
const revocations: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'shoal.revocation': 'requeue', 'shoal.revocation.grace': '1s' },
  { 'shoal.revocation': 'requeue', 'shoal.revocation.max': '2' },
  { 'shoal.revocation': 'promote' },
]

interface Happening {
  readonly weight: number
  readonly happen: (story: Story, cluster: SimCluster) => void
}

const onContainer = (
  act: (story: Story, cluster: SimCluster, id: string) => void,
): Happening['happen'] => {
  return (story, cluster) => {
    const id = story.any()
    if (id !== undefined) act(story, cluster, id)
  }
}

const happenings: readonly Happening[] = [
  { weight: 30, happen: (story) => story.create() },
  { weight: 6, happen: onContainer((story, _, id) => story.start(id)) },
  {
    weight: 6,
    happen: onContainer((story, _, id) => story.stop(id)),
  },
  {
    weight: 2,
    happen: onContainer((_, cluster, id) => void cluster.engineCall(id, 'POST', '/restart')),
  },
  {
    weight: 8,
    happen: onContainer((_, cluster, id) => void cluster.engineCall(id, 'DELETE', '?force=1')),
  },
  { weight: 4, happen: (story) => story.abandonOne() },
  {
    weight: 3,
    happen: (story) => {
      story.machine().load = 9
    },
  },
  {
    weight: 4,
    happen: (_, cluster) => {
      for (const machine of cluster.machines) machine.load = 0
    },
  },
  { weight: 2, happen: (story) => story.machine().restart() },
  { weight: 1, happen: (_, cluster) => cluster.restartMaster() },
  { weight: 1, happen: (_, cluster) => cluster.restartFramework() },
  { weight: 1, happen: (story, cluster) => cluster.partition(story.machine()) },
  { weight: 2, happen: (_, cluster) => cluster.network.heal() },
  {
    weight: 1,
    happen: (_, cluster) => {
      cluster.network.weather = calm
    },
  },
  {
    weight: 1,
    happen: (_, cluster) => {
      cluster.network.weather = {
        minDelayMs: 1,
        maxDelayMs: 500,
        lossProbability: 0.05,
        breakProbability: 0.01,
      }
    },
  },
  {
    weight: 2,
    happen: (story) => story.machine().engine.fault('create', { kind: 'lose-answer' }),
  },
  {
    weight: 1,
    happen: (story) =>
      story.machine().engine.fault('create', { kind: 'refuse', status: 500, message: 'no' }),
  },
  {
    weight: 1,
    happen: (story) =>
      story.machine().engine.fault('start', { kind: 'refuse', status: 500, message: 'no bridge' }),
  },
  {
    weight: 1,
    happen: (story) => {
      const { engine } = story.machine()
      engine.delivery = engine.delivery === 'told' ? 'twice' : 'told'
    },
  },
]
