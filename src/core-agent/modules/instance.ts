import { Worker } from 'node:worker_threads'

/** A plug-in's code as a port: what goes in and out are copies of plain data, wherever it runs. */
export interface Instance {
  readonly methods: readonly string[]
  call(method: string, input: unknown): Promise<unknown>
  /** At once and without copies, which only the agent's own thread can. */
  callNow(method: string, args: readonly unknown[]): unknown
  /** A call has taken too long: nothing more is expected of it. */
  abandon(): void
  close(): void
}

/** In the agent's own thread: a busy loop in it stalls the agent. */
export const inProcess = (instance: object, methods: readonly string[]): Instance => ({
  methods,
  call: async (method, input) => {
    const all = instance as Readonly<Record<string, (input: unknown) => unknown>>
    return structuredClone(await all[method]?.(structuredClone(input)))
  },
  callNow: (method, args) => {
    const all = instance as Readonly<Record<string, (...args: unknown[]) => unknown>>
    return all[method]?.(...args)
  },
  abandon: () => {},
  close: () => {},
})

/** What a worker needs to make its instance again. */
export interface WorkerSource {
  /** Of the library. */
  readonly url: string
  readonly name: string
  readonly parameters: Readonly<Record<string, string>>
  readonly context: { readonly name: string; readonly workDir: string; readonly hostname: string }
  /** Of its kind. */
  readonly methods: readonly string[]
}

/**
 * In a thread of its own, which is ended where a call takes too long, and started again by the next one. Resolves
 * when the instance is made; rejects with what its creation threw.
 */
export const inWorker = async (
  source: WorkerSource,
  log: (message: string) => void,
): Promise<Instance> => {
  let thread = new Thread(source, log)
  let methods: readonly string[]
  try {
    methods = await thread.methods
  } catch (error) {
    thread.end('it could not be made')
    throw error
  }
  return {
    methods,
    call: (method, input) => {
      if (thread.isOver) thread = new Thread(source, log)
      return thread.call(method, input)
    },
    callNow: () => {
      throw new Error('what runs in a worker cannot answer at once')
    },
    abandon: () => thread.end('it took too long and was ended'),
    close: () => thread.end('the agent is closing'),
  }
}

type FromWorker =
  | { readonly type: 'made'; readonly methods: readonly string[] }
  | { readonly type: 'not-made'; readonly error: string }
  | { readonly type: 'log'; readonly message: string }
  | { readonly type: 'answered'; readonly call: number; readonly answer: unknown }
  | { readonly type: 'failed'; readonly call: number; readonly error: string }

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

/** One life of a worker. */
class Thread {
  readonly methods: Promise<readonly string[]>
  isOver = false
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #made: { resolve(methods: readonly string[]): void; reject(error: Error): void }
  #lastCall = 0

  constructor(source: WorkerSource, log: (message: string) => void) {
    const { promise, ...made } = withResolvers<readonly string[]>()
    this.methods = promise
    this.#made = made
    this.methods.catch(() => {}) // Whoever calls hears of it by that call.
    this.#worker = new Worker(workerScript, { eval: true, workerData: source })
    this.#worker.unref()
    this.#worker.on('message', (message: FromWorker) => this.#take(message, log))
    this.#worker.on('error', (error) => this.end(error.message))
    this.#worker.on('exit', (code) => this.end(`its worker ended with ${code}`))
  }

  call(method: string, input: unknown): Promise<unknown> {
    this.#lastCall += 1
    const call = this.#lastCall
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject })
      this.#worker.postMessage({ call, method, input }, [])
    })
  }

  end(why: string): void {
    if (this.isOver) return
    this.isOver = true
    const error = new Error(why)
    this.#made.reject(error)
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    void this.#worker.terminate()
  }

  #take(message: FromWorker, log: (message: string) => void): void {
    if (message.type === 'log') return log(message.message)
    if (message.type === 'made') return this.#made.resolve(message.methods)
    if (message.type === 'not-made') return this.end(message.error)
    const waiting = this.#waiting.get(message.call)
    this.#waiting.delete(message.call)
    if (message.type === 'answered') waiting?.resolve(message.answer)
    else waiting?.reject(new Error(message.error))
  }
}

const withResolvers = <T>() => {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

/** A text, for a worker's file would have to be JavaScript wherever the agent itself runs from its sources. */
const workerScript = `
const { parentPort, workerData } = require('node:worker_threads')
const { url, name, parameters, context, methods } = workerData
const tell = (message) => parentPort.postMessage(message)
const textOf = (error) => (error instanceof Error ? error.message : String(error))
const log = (message) => tell({ type: 'log', message: String(message) })
const instance = import(url).then((library) => {
  const descriptors = Object.values(library).flat()
  const descriptor = descriptors.find((one) => one && one.name === name && one.create)
  return descriptor.create(parameters, { ...context, log })
})
instance.then(
  (made) => tell({ type: 'made', methods: methods.filter((one) => typeof made[one] === 'function') }),
).catch((error) => tell({ type: 'not-made', error: textOf(error) }))
parentPort.on('message', async ({ call, method, input }) => {
  try {
    tell({ type: 'answered', call, answer: await (await instance)[method](input) })
  } catch (error) {
    tell({ type: 'failed', call, error: textOf(error) })
  }
})
`
