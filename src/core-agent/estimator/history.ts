import type { Slot } from './window.ts'

/** What the cpu predictor has seen. */
export interface History {
  readonly regular: readonly Slot[]
  readonly system: readonly Slot[]
}

/** With times before `nowMs`, for the monotonic clock of the next life is another. */
export const writeHistory = ({ regular, system }: History, nowMs: number): unknown => ({
  regular: moved(regular, -nowMs),
  system: moved(system, -nowMs),
})

/** Slots of an earlier life, taken at `takenAtMs` of this one's clock; none where the text is not what it should be. */
export const readHistory = (history: unknown, takenAtMs: number): History => {
  const { regular, system } = record(history)
  return { regular: moved(slotsOf(regular), takenAtMs), system: moved(slotsOf(system), takenAtMs) }
}

const moved = (slots: readonly Slot[], byMs: number): readonly Slot[] =>
  slots.map((slot) => ({ ...slot, atMs: slot.atMs + byMs }))

const slotsOf = (value: unknown): readonly Slot[] =>
  Array.isArray(value) ? value.filter(isSlot) : []

const isSlot = (value: unknown): value is Slot => {
  const { atMs, mean, max } = record(value)
  return [atMs, mean, max].every((one) => Number.isFinite(one))
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
