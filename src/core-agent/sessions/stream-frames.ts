import type { AgentProcessIODataType } from '../../mesos/wire.ts'

export interface Piece {
  readonly stream: Extract<AgentProcessIODataType, 'STDOUT' | 'STDERR'>
  readonly data: Uint8Array
}

const headerBytes = 8
const stderrMark = 2

/**
 * The output of attach and exec, cut into pieces as they come: eight bytes of header before each frame (Docker API,
 * ContainerAttach), or, from a terminal, bytes alone. Holds no more than a header.
 */
export class StreamFrames {
  readonly #tty: boolean
  #header: Buffer = Buffer.alloc(0)
  #leftBytes = 0

  constructor(options: { readonly tty: boolean }) {
    this.#tty = options.tty
  }

  push(chunk: Uint8Array): readonly Piece[] {
    if (this.#tty) return chunk.byteLength === 0 ? [] : [{ stream: 'STDOUT', data: chunk }]
    const pieces: Piece[] = []
    let at = 0
    while (at < chunk.byteLength) {
      if (this.#leftBytes === 0) {
        const wanted = headerBytes - this.#headLength()
        this.#header = Buffer.concat([this.#head(), chunk.subarray(at, at + wanted)])
        at += wanted
        if (this.#header.length === headerBytes) this.#leftBytes = this.#header.readUInt32BE(4)
        continue
      }
      const data = chunk.subarray(at, at + this.#leftBytes)
      pieces.push({ stream: this.#header[0] === stderrMark ? 'STDERR' : 'STDOUT', data })
      at += data.byteLength
      this.#leftBytes -= data.byteLength
    }
    return pieces
  }

  /** A header that is whole belongs to the frame before. */
  #head(): Buffer {
    return this.#header.length === headerBytes ? Buffer.alloc(0) : this.#header
  }

  #headLength(): number {
    return this.#head().length
  }
}
