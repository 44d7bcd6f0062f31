import { atEase, type QosController } from './controller.ts'

/** A module's: asked beside the turns; what it answers is carried out when it comes. */
export const moduleController = (name: string): QosController => ({
  name,
  asks: true,
  decide: () => atEase,
})
