import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exitText } from '../../../src/core-agent/command/exit.ts'
import { quoted } from '../../../src/core-agent/command/script.ts'

test('a shell reads a quoted text as it is, whatever is in it', () => {
  const texts = fc.sample(fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 }), {
    numRuns: 20,
    seed: 1,
  })
  for (const words of [...texts, ["'", "''", '$(id) `id` \\ \n \t !']]) {
    const plain = words.map((word) => word.replaceAll('\0', '')).map(wellFormed)
    const script = `printf '%s\\0' ${plain.map(quoted).join(' ')}`
    const printed = execFileSync('/bin/sh', ['-c', plain.length === 0 ? ':' : script]).toString()
    expect(printed).toBe(plain.map((word) => `${word}\0`).join(''))
  }
})

/** Lone surrogates have no bytes. */
const wellFormed = (text: string) => Buffer.from(text).toString()

test.each([
  { status: 0, text: 'Command exited with status 0' },
  { status: 128, text: 'Command exited with status 128' },
  { status: 143, text: 'Command terminated with signal Terminated' },
  { status: 200, text: 'Command exited with status 200' },
  { status: undefined, text: 'Command ended, and its exit status is not known' },
])('status $status: $text', ({ status, text }) => expect(exitText(status)).toBe(text))
