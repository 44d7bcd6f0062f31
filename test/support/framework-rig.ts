import { filters } from '../../src/constraints/filters/index.ts'
import type { PlacementRequest } from '../../src/constraints/node.ts'
import type { Attribute } from '../../src/mesos/wire.ts'
import type { CreateOutcome, CreateRequest } from '../../src/mesos-framework/cluster.ts'
import { type FrameworkConfig, parseClusterOptions } from '../../src/mesos-framework/config.ts'
import { Framework } from '../../src/mesos-framework/framework.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import { FakeMesos } from './fake-mesos.ts'
import { MemoryLog } from './memory-log.ts'
import { amounts } from './placement.ts'
import { SimClock } from './sim-clock.ts'
import { SimNetwork } from './sim-network.ts'
import { simIds, simRandom } from './sim-random.ts'

export const masterOrigin = 'master:5050'

export const frameworkConfig = (options: readonly string[] = []): FrameworkConfig => ({
  ...parseClusterOptions(options, { SWARM_MESOS_ENABLE_REVOCABLE: 'true' }),
  master: masterOrigin,
  strategy: 'spread',
  filters: filters.map(({ name }) => name),
  frameworkName: 'shoal',
  hostname: 'frontend',
})

/** What an operator would read, for tests that look at it. */
export class Lines implements Logger {
  level = 'debug'
  readonly said: string[] = []
  debug = (_fields: object, message: string) => void this.said.push(message)
  info = this.debug
  warn = this.debug
  error = this.debug
}

/** A framework on a simulated network with one fake master; agents are added by the test. */
export class FrameworkRig {
  readonly clock = new SimClock(Date.UTC(2026, 0, 1))
  readonly network: SimNetwork
  readonly mesos = new FakeMesos(this.clock)
  readonly lines = new Lines()
  readonly log = new MemoryLog()
  framework: Framework

  constructor(options: readonly string[] = [], { seed = 1 }: { readonly seed?: number } = {}) {
    this.network = new SimNetwork({ clock: this.clock, random: simRandom(seed) })
    this.network.listen(masterOrigin, this.mesos.application)
    this.framework = this.#make(options)
  }

  addAgent(name: string, resources: string, revocable = '', attributes: readonly Attribute[] = []) {
    const agent = this.mesos.addAgent(name, resources, revocable, attributes)
    this.network.listen(`${agent.ip}:5051`, agent.endpoint.application)
    return agent
  }

  /** Opened, subscribed, watching, and holding offers. */
  async open(): Promise<void> {
    await this.framework.open()
    await this.run(1000)
  }

  /** The same machine after a restart of the process: a new framework on the old log. */
  async restart(options: readonly string[] = []): Promise<void> {
    await this.framework.close()
    this.framework = this.#make(options)
    await this.framework.open()
  }

  run(durationMs: number): Promise<void> {
    return this.clock.advance(durationMs)
  }

  create(given: Partial<Asked> = {}, signal = new AbortController().signal) {
    return observe(this.framework.create(createRequest(given), signal))
  }

  /** Creates and lets enough time pass for a launch that finds a place. */
  async created(given: Partial<Asked> = {}): Promise<string> {
    const create = this.create(given)
    await this.run(100)
    if (create.value?.kind !== 'created') throw new Error(JSON.stringify(create.value ?? 'waits'))
    return create.value.id
  }

  #make(options: readonly string[]): Framework {
    return new Framework(frameworkConfig(options), {
      clock: this.clock,
      random: simRandom(2),
      ids: simIds(this.clock.monotonicMs() + 3),
      transport: this.network.transport('frontend:4375'),
      log: this.log,
      logger: this.lines,
    })
  }
}

export interface Asked {
  readonly name: string
  readonly kinds: PlacementRequest['kinds']
  readonly cpus: number
  readonly mem: number
  readonly body: Readonly<Record<string, unknown>>
  readonly placement: Partial<PlacementRequest>
}

export const createRequest = (given: Partial<Asked> = {}): CreateRequest => ({
  name: given.name ?? '',
  body: { Image: 'busybox', Cmd: ['sleep', '100'], HostConfig: {}, ...given.body },
  platform: '',
  placement: {
    name: given.name ?? '',
    image: 'busybox',
    constraints: [],
    affinities: [],
    whitelists: [],
    kinds: given.kinds ?? ['regular'],
    asked: amounts({ cpus: given.cpus ?? 2, mem: given.mem ?? 64 }),
    revocableMemory: false,
    networkMode: 'default',
    publishedPorts: [],
    exposedPorts: [],
    dependencies: {
      volumesFrom: [],
      links: [],
      networkContainer: undefined,
      networks: [],
      volumes: [],
    },
    ...given.placement,
  },
})

/** A promise whose value can be looked at: undefined while it is not settled. */
export const observe = <T = CreateOutcome>(promise: Promise<T>): { value: T | undefined } => {
  const observed: { value: T | undefined } = { value: undefined }
  void promise.then((value) => {
    observed.value = value
  })
  return observed
}
