import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { tar } from '../../../src/cli/engine/tar.ts'

const list = (archive: Buffer) =>
  execFileSync('tar', ['--list', '--verbose', '--utc', '--numeric-owner'], {
    input: archive,
    encoding: 'utf8',
  })
    .trimEnd()
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '))

test('the system tar reads folders, files and links as they were given', () => {
  const archive = tar([
    { path: 'tmp/', mode: 0o1777 },
    { path: 'etc/hello', mode: 0o640, content: Buffer.from('hello') },
    { path: 'bin/sh', linkTo: 'busybox' },
  ])
  expect(list(archive)).toEqual([
    'drwxrwxrwt 0/0 0 1970-01-01 00:00 tmp/',
    '-rw-r----- 0/0 5 1970-01-01 00:00 etc/hello',
    'lrwxrwxrwx 0/0 0 1970-01-01 00:00 bin/sh -> busybox',
  ])
})

test.each([0, 1, 511, 512, 513])('a file of %i bytes keeps its bytes', (bytes) => {
  const content = Buffer.alloc(bytes, 'x')
  const archive = tar([{ path: 'file', mode: 0o644, content }])
  expect(archive.length % 512).toBe(0)
  expect(
    execFileSync('tar', ['--extract', '--to-stdout', 'file'], { input: archive }).equals(content),
  ).toBe(true)
})

test('a path that has no room in a header is refused', () => {
  expect(() => tar([{ path: 'x'.repeat(101), linkTo: 'y' }])).toThrow(RangeError)
})
