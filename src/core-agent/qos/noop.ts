import type { QosController } from './controller.ts'

/** Corrects nothing. */
export const noopController: QosController = { name: 'noop', corrections: () => [] }
