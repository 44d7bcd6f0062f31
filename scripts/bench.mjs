import { build } from './lib/prepare.mjs'
import { main, run, tool } from './lib/run.mjs'

/** `npm run bench -- [--only B12,H11] [--json FILE]`: see bench/README.md. */
await main(async () => {
  await build()
  return run(tool('tsx'), ['bench/main.ts', ...process.argv.slice(2)])
})
