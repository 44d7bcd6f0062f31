import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorStatuses } from '../../../src/docker-api/errors.ts'
import { routes } from '../../../src/docker-api/routes.ts'

/** The cells of every table row of a page, code marks removed; heads and rules left out. */
const tableRows = (page: string): readonly (readonly string[])[] =>
  readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
    .filter(([first = '']) => !/^(-+|method|code)$/.test(first))

test('docs/docker-api.md lists the rows of routes.ts, no more and no less', () => {
  const documented = tableRows('docker-api.md').flatMap(([methods = '', ...cells]) =>
    methods.split(' ').map((method) => [method, ...cells.slice(0, 3)].join(' | ')),
  )
  const served = routes.map(({ method, path, answerer, support }) =>
    [method, path, answerer, support].join(' | '),
  )
  expect(documented.toSorted()).toEqual(served.toSorted())
})

test('docs/errors.md lists the codes of errors.ts with their statuses', () => {
  const documented = tableRows('errors.md').map(([code, status]) => `${code} ${status}`)
  const thrown = Object.entries(errorStatuses).map(([code, status]) => `${code} ${status}`)
  expect(documented.toSorted()).toEqual(thrown.toSorted())
})

test('no row hides another', () => {
  const keys = routes.map(({ method, path }) => `${method} ${path}`)
  expect(new Set(keys).size).toBe(keys.length)
})
