import { weighted } from './weighted.ts'

/** The node that has most left of what is asked. */
export const spread = weighted('spread', 1)
