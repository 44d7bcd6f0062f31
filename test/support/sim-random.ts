import type { Ids, Random } from '../../src/runtime/random.ts'

/** Randomness that a seed repeats: sfc32, Chris Doty-Humphrey's PractRand; 128 bits of state, so streams of near seeds do not meet. */
export const simRandom = (seed: number): Random => {
  const next = sfc32(seed)
  return { next: () => next() / 2 ** 32 }
}

/** Ids that a seed repeats, in the shape of real ones (uuid version 4). */
export const simIds = (seed: number): Ids => {
  const next = sfc32(seed)
  const hex = (bytes: number): string => {
    let text = ''
    while (text.length < 2 * bytes) text += next().toString(16).padStart(8, '0')
    return text.slice(0, 2 * bytes)
  }
  return {
    hex,
    uuid: () => {
      const text = hex(16)
      const variant = '89ab'[Number.parseInt(text.charAt(16), 16) & 3]
      return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-${variant}${text.slice(17, 20)}-${text.slice(20)}`
    },
  }
}

/** A generator of unsigned 32-bit numbers. */
const sfc32 = (seed: number): (() => number) => {
  let [a, b, c, counter] = [0, seed | 0, Math.floor(seed / 2 ** 32) | 0, 1]
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 15; round++) next() // A small seed needs a few rounds to reach every bit.
  return next
}
