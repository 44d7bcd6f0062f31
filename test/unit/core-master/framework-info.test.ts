import { expect, test } from 'vitest'
import { frameworkInfoProblem } from '../../../src/core-master/validation/framework-info.ts'
import type { FrameworkInfo } from '../../../src/mesos/wire.ts'

const multiRole: FrameworkInfo['capabilities'] = [{ type: 'MULTI_ROLE' }]

test.each<{
  name: string
  info: Partial<FrameworkInfo>
  suppressed?: string[]
  want: string | undefined
}>([
  { name: 'a plain one', info: {}, want: undefined },
  { name: 'a role', info: { role: 'a/b' }, want: undefined },
  { name: 'roles', info: { capabilities: multiRole, roles: ['a', 'b'] }, want: undefined },
  { name: 'no roles at all', info: { capabilities: multiRole, roles: [] }, want: undefined },
  {
    name: 'role with MULTI_ROLE',
    info: { capabilities: multiRole, role: 'x' },
    want: "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable",
  },
  {
    name: 'roles without MULTI_ROLE',
    info: { roles: ['x'] },
    want: "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable",
  },
  {
    name: 'a role that is none',
    info: { role: '/a' },
    want: "'FrameworkInfo.role' is not a valid role: Role '/a' cannot start with a slash",
  },
  {
    name: 'a role that is none among roles',
    info: { capabilities: multiRole, roles: ['a/../b'] },
    want: "'FrameworkInfo.roles' contains invalid role: Role 'a/../b' cannot include '..' as a component",
  },
  {
    name: 'a role twice',
    info: { capabilities: multiRole, roles: ['a', 'b', 'a'] },
    want: "'FrameworkInfo.roles' contains duplicate items: { a }",
  },
  {
    name: 'an id that cannot be one',
    info: { id: { value: 'a/b' } },
    want: "'a/b' contains invalid characters",
  },
  { name: 'an empty id is none', info: { id: { value: '' } }, want: undefined },
  {
    name: 'a failover timeout beyond what is representable',
    info: { failover_timeout: 1e300 },
    want: 'The framework failover_timeout (1e+300) is invalid',
  },
  {
    name: 'a failover timeout that is no number',
    info: { failover_timeout: Number.NaN },
    want: 'The framework failover_timeout (NaN) is invalid',
  },
  {
    name: 'an empty quantity set among the minimums',
    info: { offer_filters: { '*': { min_allocatable_resources: { quantities: [{}] } } } },
    want: 'Resource quantities must contain at least one quantity',
  },
  {
    name: 'a negative minimum',
    info: {
      offer_filters: {
        '*': {
          min_allocatable_resources: { quantities: [{ quantities: { cpus: { value: -1 } } }] },
        },
      },
    },
    want: "Invalid resource quantity for 'cpus': -1 is not a non-negative number",
  },
  {
    name: 'a role beyond the whitelist',
    info: { role: 'secret' },
    want: "Roles { secret } are not present in the master's --roles",
  },
  {
    name: 'suppressed roles that it has not',
    info: { capabilities: multiRole, roles: ['a'] },
    suppressed: ['b', 'a'],
    want: 'Suppressed roles { b } are not contained in the set of roles',
  },
])('W10: $name', ({ info, suppressed = [], want }) => {
  const whitelist = new Set(['*', 'a', 'b', 'a/b', '/a', 'a/../b', 'x'])
  expect(
    frameworkInfoProblem({ user: 'root', name: 'f', ...info }, { suppressed, whitelist }),
  ).toBe(want)
})
