import { expect, test } from 'vitest'
import { CloseStack } from '../../../src/runtime/close-stack.ts'

test('closes in reverse, one after the other, attempts all, and reports the first error', async () => {
  const stack = new CloseStack()
  const seen: string[] = []
  stack.push(() => void seen.push('master'))
  stack.push(async () => {
    await Promise.resolve()
    seen.push('agent')
    throw new Error('agent')
  })
  stack.push(() => {
    seen.push('frontend')
    throw new Error('frontend')
  })
  await expect(stack.close()).rejects.toThrow('frontend')
  expect(seen).toEqual(['frontend', 'agent', 'master'])
})

test('closing twice runs the steps once; nothing can be pushed afterwards', async () => {
  const stack = new CloseStack()
  let runs = 0
  stack.push(() => void runs++)
  await Promise.all([stack.close(), stack.close()])
  expect(runs).toBe(1)
  expect(() => stack.push(() => {})).toThrow('closing')
})
