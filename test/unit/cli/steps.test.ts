import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { terminalSteps } from '../../../src/cli/steps.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const terminal = (isTTY: boolean) => {
  const written: string[] = []
  return { isTTY, written, write: (text: string) => written.push(text) }
}
const after = (delayMs: number) => () =>
  new Promise<void>((resolve) => setTimeout(resolve, delayMs))

test('a quick step is one line', async () => {
  const output = terminal(false)
  const step = terminalSteps(output).step('building', after(1_500))
  await vi.advanceTimersByTimeAsync(1_500)
  await step
  expect(output.written).toEqual(['building: done in 1.5 s\n'])
})

test('a long step shows after two seconds, and now and then, that it is alive', async () => {
  const output = terminal(false)
  const step = terminalSteps(output).step('installing', after(13_000))
  await vi.advanceTimersByTimeAsync(13_000)
  await step
  expect(output.written).toEqual([
    'installing: 2 s …\n',
    'installing: 12 s …\n',
    'installing: done in 13.0 s\n',
  ])
})

test('on a terminal the signs of life are written over each other', async () => {
  const output = terminal(true)
  const step = terminalSteps(output).step('installing', after(3_500))
  await vi.advanceTimersByTimeAsync(3_500)
  await step
  expect(output.written.join('')).toBe(
    '\r\u001B[Kinstalling: 2 s …\r\u001B[Kinstalling: 3 s …\r\u001B[Kinstalling: done in 3.5 s\n',
  )
})

test('a step that fails says so, and its error goes on', async () => {
  const output = terminal(false)
  const step = terminalSteps(output).step('pulling', () => Promise.reject(new Error('no route')))
  await expect(step).rejects.toThrow('no route')
  expect(output.written).toEqual(['pulling: failed after 0.0 s\n'])
})
