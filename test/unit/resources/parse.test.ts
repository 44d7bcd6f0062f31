import { expect, test } from 'vitest'
import { parseResources, ResourceTextError } from '../../../src/resources/parse.ts'
import { format } from '../../../src/resources/resources.ts'

test.each([
  { name: 'scalars', text: 'cpus:2;mem:1024', want: 'cpus:2; mem:1024' },
  { name: 'blanks anywhere', text: ' cpus : 1.5 ; mem:10 ', want: 'cpus:1.5; mem:10' },
  { name: 'ranges coalesced (R5)', text: 'ports:[1-3, 4-6]', want: 'ports:[1-6]' },
  { name: 'sets sorted', text: 'zones:{b,a}', want: 'zones:{a, b}' },
  { name: 'a role is a static reservation', text: 'cpus(web):2', want: 'cpus(web):2' },
  { name: 'role * is unreserved', text: 'cpus(*):2', want: 'cpus:2' },
  { name: 'equal names add up', text: 'cpus:5;cpus:5', want: 'cpus:10' },
  { name: 'three decimals count', text: 'cpus:1.5123', want: 'cpus:1.512' },
  { name: 'zero is mentioned but empty', text: 'cpus:0', want: '' },
  { name: 'an empty item is nothing', text: 'cpus:1;;', want: 'cpus:1' },
])('$name: $text (core-master R6)', ({ text, want }) => {
  expect(format(parseResources(text).resources)).toBe(want)
})

test('a zero amount still counts as mentioned, so that detection skips it (core-agent §1.1)', () => {
  const parsed = parseResources('cpus:0;cpus(role1):1')
  expect([...parsed.mentioned]).toEqual(['cpus'])
  expect(format(parsed.resources)).toBe('cpus(role1):1')
})

test('items without a role get the default role', () => {
  expect(format(parseResources('cpus:1;mem(*):2', 'web').resources)).toBe('cpus(web):1; mem:2')
})

test.each([
  { name: 'no colon', text: 'cpus2' },
  { name: 'two colons', text: 'cpus:2:3' },
  { name: 'no name', text: ':3' },
  { name: 'a bare word', text: 'cpus:many' },
  { name: 'a negative amount', text: 'cpus:-1' },
  { name: 'NaN', text: 'cpus:NaN' },
  { name: 'an infinite amount', text: 'cpus:Infinity' },
  { name: 'an exponent', text: 'cpus:1e3' },
  { name: 'less than a thousandth', text: 'cpus:0.0004' },
  { name: 'an inverted range', text: 'ports:[5-4]' },
  { name: 'a range that is not closed', text: 'ports:[5-9' },
  { name: 'an empty set item', text: 'zones:{a,,b}' },
  { name: 'a set item twice', text: 'zones:{a,a}' },
  { name: 'one name with two types', text: 'cpus:1;cpus:[1-2]' },
  { name: 'mismatched parentheses', text: 'cpus(web:1' },
  { name: 'a role that is none', text: 'cpus(a//b):1' },
])('refused with the item named: $name', ({ text }) => {
  expect(() => parseResources(text)).toThrow(ResourceTextError)
})
