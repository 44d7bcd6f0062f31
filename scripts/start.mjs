import { build } from './lib/prepare.mjs'
import { main } from './lib/run.mjs'

/** `npm start -- ARGS`: a whole cluster on this machine, in this process. */
await main(async () => {
  await build()
  const { runShoal } = await import('../dist/cli/shoal.js')
  return runShoal(['up', ...process.argv.slice(2)])
})
