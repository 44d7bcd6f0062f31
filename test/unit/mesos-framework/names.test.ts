import { expect, test } from 'vitest'
import { generateName, Names } from '../../../src/mesos-framework/names.ts'
import { simRandom } from '../../support/sim-random.ts'

test('a name is taken by the first, whether its container exists already or not', () => {
  const names = new Names()
  expect(names.reserve('web', 'request 1')).toEqual({ kind: 'taken' })
  expect(names.reserve('web', 'request 2')).toEqual({ kind: 'in-use', holder: undefined })
  names.show('web', 'c1')
  names.release('web', 'request 1')
  expect(names.reserve('web', 'request 2')).toEqual({ kind: 'in-use', holder: 'c1' })
  names.hide('web', 'c1')
  expect(names.reserve('web', 'request 2')).toEqual({ kind: 'taken' })
})

test('a container may take its own name again, and only the holder releases', () => {
  const names = new Names()
  names.show('web', 'c1')
  expect(names.reserve('web', 'c1')).toEqual({ kind: 'taken' })
  expect(names.reserve('db', 'c1')).toEqual({ kind: 'taken' })
  names.release('db', 'c2')
  expect(names.isFree('db')).toBe(false)
  names.release('db', 'c1')
  expect(names.isFree('db')).toBe(true)
})

test('generated names are free, however many there are', () => {
  const names = new Names()
  const random = simRandom(1)
  const seen = new Set<string>()
  for (let i = 0; i < 20_000; i++) {
    const name = generateName(names, random)
    expect(name).toMatch(/^[a-z]+_[a-z]+\d*$/)
    names.reserve(name, String(i))
    seen.add(name)
  }
  expect(seen.size).toBe(20_000)
})
