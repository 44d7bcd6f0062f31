import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './lib/prepare.mjs'
import { count } from './lib/report.mjs'
import { main, run, tool } from './lib/run.mjs'

/** `npm test -- ARGS`: all tests, or what ARGS select (they go to vitest); the last line is `N passed, N failed`. */
await main(async () => {
  await build()
  const folder = mkdtempSync(join(tmpdir(), 'shoal-test-'))
  const report = join(folder, 'report.json')
  try {
    const code = await run(tool('vitest'), [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ])
    const { passed, failed } = count(report, code)
    process.stdout.write(`${passed} passed, ${failed} failed\n`)
    return passed > 0 && failed === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
