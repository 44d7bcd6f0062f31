import { install } from './lib/prepare.mjs'
import { capture, main, tool } from './lib/run.mjs'

const checks = [
  { name: 'format', command: 'biome', args: ['check', '.'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'imports', command: 'depcruise', args: ['src', 'test', 'bench', 'scripts'] },
  { name: 'dead code', command: 'knip', args: [] },
]

/** `npm run check`: every check runs, one line each, with what a failing one printed under it. */
await main(async () => {
  await install()
  let failed = 0
  for (const { name, command, args } of checks) {
    const { code, output } = await capture(tool(command), args)
    process.stdout.write(`${name}: ${code === 0 ? 'ok' : 'failed'}\n`)
    if (code === 0) continue
    failed += 1
    process.stdout.write(`${output.trimEnd()}\n\n`)
  }
  return failed === 0 ? 0 : 1
})
