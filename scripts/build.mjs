import { build } from './lib/prepare.mjs'
import { main } from './lib/run.mjs'

/** `npm run build`: `dist`, anew. */
await main(() => build({ always: true }))
