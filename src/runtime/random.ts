import { randomBytes, randomUUID } from 'node:crypto'

/** Randomness as a port: jitter and shuffles, never secrets. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
}

/** Fresh names as a port. */
export interface Ids {
  /** A random UUID in canonical text form. */
  uuid(): string
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string
}

export const systemRandom: Random = { next: () => Math.random() }

export const systemIds: Ids = {
  uuid: () => randomUUID(),
  hex: (bytes) => randomBytes(bytes).toString('hex'),
}
