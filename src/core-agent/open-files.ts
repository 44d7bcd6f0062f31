import { closeSync, openSync, readSync } from 'node:fs'

/** A file of the kernel's is shorter; of a longer one the rest is not read. */
const maxFileBytes = 16 * 1024

/**
 * Small files that are read again and again: descriptors stay open, and one buffer serves all, which makes a reading
 * fifty times cheaper than through promises (core-agent §5.2).
 */
export class OpenFiles {
  readonly #descriptors = new Map<string, number>()
  readonly #buffer = Buffer.allocUnsafe(maxFileBytes)

  /** The text as it is now; undefined: there is no such file, or what it was about has gone. */
  read(path: string): string | undefined {
    try {
      const descriptor = this.#descriptors.get(path) ?? this.#open(path)
      return this.#buffer.toString(
        'latin1',
        0,
        readSync(descriptor, this.#buffer, 0, maxFileBytes, 0),
      )
    } catch {
      this.close(path)
      return undefined
    }
  }

  /** Of every path that begins so. */
  closeBelow(prefix: string): void {
    for (const path of this.#descriptors.keys()) if (path.startsWith(prefix)) this.close(path)
  }

  close(path: string): void {
    const descriptor = this.#descriptors.get(path)
    this.#descriptors.delete(path)
    if (descriptor !== undefined) closeSync(descriptor)
  }

  #open(path: string): number {
    const descriptor = openSync(path, 'r')
    this.#descriptors.set(path, descriptor)
    return descriptor
  }
}

/** The number after `name` in a file of `name number` lines; 0 where it is not. */
export const numberAfter = (text: string | undefined, name: string): number => {
  if (text === undefined) return 0
  const at = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1
  if (at === 0 && !text.startsWith(`${name} `)) return 0
  return Number.parseInt(text.slice(at + name.length + 1), 10) || 0
}
