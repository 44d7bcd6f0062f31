import { Duplex } from 'node:stream'

interface Ending {
  readonly afterMs: number
  readonly code: number
}

const floodPieceBytes = 64 * 1024

/**
 * The streams of a command in a container: `cat` says what it hears, `flood` says as much as is taken, `deaf` hears
 * nothing, and everything else is a program of the engine's.
 */
export class FakeExec extends Duplex {
  code: number | undefined
  /** What it has said so far. */
  saidBytes = 0
  heardBytes = 0
  readonly ends: Ending | undefined
  readonly argv: readonly string[]
  readonly #tty: boolean

  constructor(
    body: Readonly<Record<string, unknown>>,
    tty: boolean,
    program: (argv: readonly string[]) => Ending | undefined,
  ) {
    super({ allowHalfOpen: true })
    this.argv = Array.isArray(body['Cmd']) ? body['Cmd'].map(String) : []
    this.#tty = tty
    this.ends =
      this.#is('cat') || this.#is('flood') || this.#is('deaf') ? undefined : program(this.argv)
  }

  say(text: string | Buffer, mark = 1): void {
    const data = Buffer.from(text)
    const header = Buffer.from([mark, 0, 0, 0, 0, 0, 0, 0])
    header.writeUInt32BE(data.length, 4)
    this.saidBytes += data.length
    this.push(this.#tty ? data : Buffer.concat([header, data]))
  }

  finish(code: number): void {
    if (this.code !== undefined) return
    this.code = code
    this.push(null)
    this.destroyAfterEnd()
  }

  override _read(): void {
    if (!this.#is('flood')) return
    setImmediate(() => {
      if (this.code === undefined) this.say(Buffer.alloc(floodPieceBytes, 'x'))
    })
  }

  override _write(chunk: Buffer, _encoding: string, taken: () => void): void {
    this.heardBytes += chunk.length
    if (this.#is('deaf')) return
    if (this.#is('cat')) this.say(chunk)
    taken()
  }

  override _final(taken: () => void): void {
    if (this.#is('cat')) this.finish(0)
    taken()
  }

  #is(name: string): boolean {
    return this.argv.at(-1) === name
  }

  /** What was said is read before the end is seen. */
  private destroyAfterEnd(): void {
    this.once('end', () => this.destroy())
  }
}
