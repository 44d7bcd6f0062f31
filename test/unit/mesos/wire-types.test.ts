import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { wireTypes } from '../../../scripts/wire-types.ts'

test('src/mesos/wire.ts is what src/mesos/proto says; `npm run wire-types` writes it', () => {
  const path = new URL('../../../src/mesos/wire.ts', import.meta.url)
  expect(readFileSync(path, 'utf8')).toBe(wireTypes())
})
