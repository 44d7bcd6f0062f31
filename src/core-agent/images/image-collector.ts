import type { Inspect } from '../../mesos/engine-endpoint.ts'
import type { Cancel, Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import { type Engine, EngineError, EngineUnavailableError } from '../docker/engine.ts'
import { record, text } from '../docker/inspect.ts'
import type { AgentState } from '../state.ts'
import type { ImageGcConfig } from './image-gc-config.ts'
import type { ImageUses } from './image-uses.ts'
import { imagesToRemove } from './images-to-remove.ts'

export interface ImageCollectorOptions {
  readonly state: AgentState
  readonly engine: Pick<Engine, 'storage' | 'removeImage'>
  readonly uses: ImageUses
  readonly clock: Clock
  readonly logger: Logger
  /** Undefined: images are removed only when an operator says so. */
  readonly config: ImageGcConfig | undefined
}

/** Everything that no container has. */
const all = { high: 0, low: 0 }

/**
 * Removes images that nobody has used for the longest time when the engine's disk fills up (core-agent §3.8). When each
 * was used last is kept in a file: what is lost with it costs the order alone.
 */
export class ImageCollector {
  readonly #options: ImageCollectorOptions
  readonly #usedMs: Map<string, number>
  /** One at a time: a look that waits for a removal is that look. */
  #running: Promise<number> | undefined
  #cancel: Cancel = () => {}
  #closed = false

  constructor(options: ImageCollectorOptions) {
    this.#options = options
    this.#usedMs = new Map(options.uses.read())
  }

  start(): void {
    const { config, clock } = this.#options
    if (config === undefined) return
    this.#cancel = clock.after(config.intervalMs, () => {
      void this.#collect(config, config.excluded)
        .catch((error: unknown) => this.#warn(error))
        .finally(() => !this.#closed && this.start())
    })
  }

  close(): void {
    this.#closed = true
    this.#cancel()
  }

  /** Those that are new count as used now. */
  seen(images: readonly { readonly id: string }[]): void {
    const nowMs = this.#options.clock.now()
    for (const { id } of images) if (!this.#usedMs.has(id)) this.#usedMs.set(id, nowMs)
  }

  /** A container of a task was made of it. */
  used(inspect: Inspect): void {
    this.#usedMs.set(text(record(inspect)['Image']), this.#options.clock.now())
  }

  /** PRUNE_IMAGES: how many images have gone. Rejects with EngineError or EngineUnavailableError. */
  async prune(excluded: readonly string[]): Promise<number> {
    await this.#running?.catch(() => 0)
    return this.#collect(all, [...(this.#options.config?.excluded ?? []), ...excluded])
  }

  #collect(
    watermarks: { readonly high: number; readonly low: number },
    excluded: readonly string[],
  ): Promise<number> {
    this.#running ??= this.#remove(watermarks, excluded).finally(() => (this.#running = undefined))
    return this.#running
  }

  async #remove(
    watermarks: { readonly high: number; readonly low: number },
    excluded: readonly string[],
  ): Promise<number> {
    const { engine, logger } = this.#options
    const { images: found, disk } = await engine.storage()
    const images = this.#withUses(found)
    const chosen = imagesToRemove({
      images,
      disk: watermarks === all ? endless : (disk ?? unseen),
      watermarks,
      excluded,
    })
    let removed = 0
    for (const id of chosen) {
      const image = images.find((one) => one.id === id)
      if (image === undefined || this.#closed) break
      try {
        // By each of its names: the engine refuses an id that has several.
        for (const name of image.references.length === 0 ? [id] : image.references)
          await engine.removeImage(name)
        removed += 1
        logger.info({ image: id, names: image.references, bytes: image.sizeBytes }, 'image removed')
      } catch (error) {
        if (error instanceof EngineUnavailableError) throw error
        if (!(error instanceof EngineError)) throw error
        // A container came for it meanwhile, or another image is built on it.
        logger.info({ image: id, why: error.message }, 'image stays')
      }
    }
    return removed
  }

  /** Images of tasks that are there now are used now; new ones begin as if they were. */
  #withUses(found: Awaited<ReturnType<Engine['storage']>>['images']) {
    const { state, clock, uses, logger } = this.#options
    const nowMs = clock.now()
    for (const { inspect } of state.containers.values()) {
      if (inspect !== undefined) this.used(inspect)
    }
    const there = new Set(found.map(({ id }) => id))
    for (const id of this.#usedMs.keys()) if (!there.has(id)) this.#usedMs.delete(id)
    this.seen(found)
    for (const { id, inUse } of found) if (inUse) this.#usedMs.set(id, nowMs)
    const images = found.map((image) => ({
      ...image,
      lastUsedMs: this.#usedMs.get(image.id) ?? nowMs,
    }))
    try {
      uses.write([...this.#usedMs])
    } catch (error) {
      logger.warn({ error: String(error) }, 'when images were used cannot be kept over a restart')
    }
    return images
  }

  #warn(error: unknown): void {
    this.#options.logger.warn({ error: String(error) }, 'images cannot be looked through')
  }
}

/** For an operator who prunes nothing is ever enough. */
const endless = { usedBytes: Number.MAX_SAFE_INTEGER, totalBytes: Number.MAX_SAFE_INTEGER }

/** A disk that the agent cannot see is never full. */
const unseen = { usedBytes: 0, totalBytes: 0 }
