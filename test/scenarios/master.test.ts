import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runScenario } from '../support/master-scenario.ts'

/** Each file is a story: commands, then what every peer of the master saw. `vitest -u` writes what is seen now. */
const files = readdirSync(import.meta.dirname).filter((name) => /^master-.*\.txt$/.test(name))

test.each(files)('%s', async (name) => {
  const path = `${import.meta.dirname}/${name}`
  await expect(await runScenario(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path)
})
