import { expect, test } from 'vitest'
import { roleProblem } from '../../../src/resources/roles.ts'

test.each([
  { role: '*', want: undefined },
  { role: 'a', want: undefined },
  { role: 'a/b-c/d', want: undefined },
  { role: '', want: 'Empty role name is invalid' },
  { role: '/a', want: "Role '/a' cannot start with a slash" },
  { role: 'a/', want: "Role 'a/' cannot end with a slash" },
  { role: 'a//b', want: "Role 'a//b' cannot contain two adjacent slashes" },
  { role: 'a/../b', want: "Role 'a/../b' cannot include '..' as a component" },
  { role: 'a/*', want: "Role 'a/*' cannot include '*' as a component" },
  { role: '-a', want: "Role component '-a' is invalid because it begins with a dash" },
  {
    role: 'a b',
    want: "Role component 'a b' is invalid because it contains backspace or whitespace",
  },
])('role "$role" (core-master R9)', ({ role, want }) => {
  expect(roleProblem(role)).toBe(want)
})
