import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { watchWhitelist } from '../../../src/core-master/whitelist.ts'
import { silent } from '../../../src/runtime/logger.ts'
import { SimClock } from '../../support/sim-clock.ts'

test('L14: the file is read at once and every 5 s; empty is nobody, a star is everybody', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-whitelist-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'hosts')
  const clock = new SimClock(0)
  const set: (readonly string[] | undefined)[] = []
  const master = {
    setWhitelist: (hostnames: ReadonlySet<string> | undefined) => {
      set.push(hostnames && [...hostnames])
    },
  }
  const said: string[] = []
  const logger = { ...silent, warn: (_fields: object, text: string) => void said.push(text) }
  const cancel = watchWhitelist(`file://${file}`, master, { clock, logger })
  await clock.advance(5000)
  expect([set, said.length]).toEqual([[[], []], 1])
  for (const text of ['a\n b \n\n', 'a\n b \n\n', '', '*\n']) {
    writeFileSync(file, text)
    await clock.advance(5000)
  }
  rmSync(file)
  await clock.advance(10_000)
  expect(set.slice(2)).toEqual([['a', 'b'], [], undefined])
  expect(said).toHaveLength(2)
  cancel()
})

test('without the flag nothing is read', () => {
  watchWhitelist(
    undefined,
    { setWhitelist: () => expect.unreachable() },
    { clock: new SimClock(0), logger: silent },
  )()
})
