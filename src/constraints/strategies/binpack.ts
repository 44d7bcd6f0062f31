import { weighted } from './weighted.ts'

/** The node that has least left of what is asked, so that others stay whole. */
export const binpack = weighted('binpack', -1)
