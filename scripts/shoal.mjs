import { build } from './lib/prepare.mjs'
import { main } from './lib/run.mjs'

/** `npm run shoal -- ARGS`: the command as it is installed. */
await main(async () => {
  await build()
  const { runShoal } = await import('../dist/cli/shoal.js')
  return runShoal(process.argv.slice(2))
})
