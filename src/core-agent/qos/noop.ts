import { atEase, type QosController } from './controller.ts'

/** Takes nothing back. */
export const noopController: QosController = { name: 'noop', decide: () => atEase }
