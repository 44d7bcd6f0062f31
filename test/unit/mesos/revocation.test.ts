import { expect, test } from 'vitest'
import { readRevocation, revocationProblems } from '../../../src/mesos/revocation.ts'

test.each([
  { name: 'no label: it stays down', labels: {}, want: { policy: 'stop', max: 0, graceMs: 0 } },
  {
    name: 'requeue with its default',
    labels: { 'shoal.revocation': 'requeue' },
    want: { policy: 'requeue', max: 100, graceMs: 0 },
  },
  {
    name: 'the largest values',
    labels: {
      'shoal.revocation': 'requeue',
      'shoal.revocation.max': '1000',
      'shoal.revocation.grace': '5s',
    },
    want: { policy: 'requeue', max: 1000, graceMs: 5000 },
  },
  {
    name: 'the smallest values',
    labels: {
      'shoal.revocation': 'stop',
      'shoal.revocation.max': '1',
      'shoal.revocation.grace': '0s',
    },
    want: { policy: 'stop', max: 1, graceMs: 0 },
  },
])('labels that are right: $name', ({ labels, want }) => {
  expect(revocationProblems(labels)).toEqual([])
  expect(readRevocation(labels)).toEqual(want)
})

const max = 'label shoal.revocation.max: wanted a whole number from 1 to 1000, got '
const grace = 'label shoal.revocation.grace: wanted a duration from 0s to 5s such as 500ms, got '

test.each([
  {
    name: 'an unknown policy',
    labels: { 'shoal.revocation': 'Requeue' },
    problem: 'label shoal.revocation: wanted stop, requeue or promote, got "Requeue"',
  },
  { name: 'one too many', labels: { 'shoal.revocation.max': '1001' }, problem: `${max}"1001"` },
  { name: 'none', labels: { 'shoal.revocation.max': '0' }, problem: `${max}"0"` },
  { name: 'no whole number', labels: { 'shoal.revocation.max': '1e2' }, problem: `${max}"1e2"` },
  {
    name: 'a grace too long',
    labels: { 'shoal.revocation.grace': '5001ms' },
    problem: `${grace}"5001ms"`,
  },
  {
    name: 'a negative grace',
    labels: { 'shoal.revocation.grace': '-1s' },
    problem: `${grace}"-1s"`,
  },
  {
    name: 'a grace without unit',
    labels: { 'shoal.revocation.grace': '3' },
    problem: `${grace}"3"`,
  },
  { name: 'no grace', labels: { 'shoal.revocation.grace': '' }, problem: `${grace}""` },
])(
  'a label that is wrong is named, and counts as not given where an image brings it: $name',
  ({ labels, problem }) => {
    expect(revocationProblems(labels)).toEqual([problem])
    expect(readRevocation(labels)).toEqual({ policy: 'stop', max: 0, graceMs: 0 })
  },
)
