/** A mode of stat(2) as `ls -l` shows it: `-rw-r--r--`. Pure. */
export const modeText = (mode: number): string => {
  const bits = 'rwxrwxrwx'.split('').map((letter, i) => ((mode >> (8 - i)) & 1 ? letter : '-'))
  const special = [
    { bit: 0o4000, at: 2, on: 's', alone: 'S' },
    { bit: 0o2000, at: 5, on: 's', alone: 'S' },
    { bit: 0o1000, at: 8, on: 't', alone: 'T' },
  ]
  for (const { bit, at, on, alone } of special)
    if ((mode & bit) !== 0) bits[at] = bits[at] === 'x' ? on : alone
  return `${letters[mode >> 12] ?? '-'}${bits.join('')}`
}

/** By S_IFMT of stat(2). */
const letters: Readonly<Record<number, string>> = {
  1: 'p',
  2: 'c',
  4: 'd',
  6: 'b',
  8: '-',
  10: 'l',
  12: 's',
}
