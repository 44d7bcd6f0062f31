import { expect, test } from 'vitest'
import { bodyFor, takesStopSignal } from '../../../src/core-agent/docker/older-engine.ts'

const mount = (options: object, more: object = {}) => ({
  Type: 'bind',
  Source: '/data',
  Target: '/mnt',
  ...more,
  BindOptions: options,
})

test.each<{ name: string; api: string; host: object; want: object; warned?: boolean }>([
  {
    name: 'an engine of today gets all of it',
    api: '1.44',
    host: { Annotations: { a: 'b' }, Mounts: [mount({ CreateMountpoint: true })] },
    want: { Annotations: { a: 'b' }, Mounts: [mount({ CreateMountpoint: true })] },
  },
  {
    name: 'annotations are left out before API 1.43, with a warning',
    api: '1.42',
    host: { Annotations: { a: 'b' }, Memory: 1 },
    want: { Memory: 1 },
    warned: true,
  },
  { name: 'no annotations, no warning', api: '1.41', host: { Annotations: {} }, want: {} },
  {
    name: 'a mount that makes its source becomes a bind before API 1.42',
    api: '1.41',
    host: { Binds: ['/a:/b'], Mounts: [mount({ CreateMountpoint: true })] },
    want: { Binds: ['/a:/b', '/data:/mnt'], Mounts: [] },
  },
  {
    name: 'read-only and propagation stay',
    api: '1.41',
    host: {
      Mounts: [mount({ CreateMountpoint: true, Propagation: 'rslave' }, { ReadOnly: true })],
    },
    want: { Binds: ['/data:/mnt:ro,rslave'], Mounts: [] },
  },
  {
    name: 'other mounts stay mounts',
    api: '1.41',
    host: { Mounts: [mount({}), { Type: 'volume', Source: 'v', Target: '/v' }] },
    want: { Mounts: [mount({}), { Type: 'volume', Source: 'v', Target: '/v' }] },
  },
  {
    name: 'so does one with a colon in its path',
    api: '1.41',
    host: { Mounts: [mount({ CreateMountpoint: true }, { Source: '/a:b' })] },
    want: { Mounts: [mount({ CreateMountpoint: true }, { Source: '/a:b' })] },
  },
])('docker-frontend §1.2: $name', ({ api, host, want, warned = false }) => {
  const { body, warnings } = bodyFor({ Image: 'busybox', HostConfig: host }, api)
  expect(body).toEqual({ Image: 'busybox', HostConfig: want })
  expect(warnings.length).toBe(warned ? 1 : 0)
})

test.each([
  ['1.41', false],
  ['1.42', true],
  ['1.44', true],
])('docker-frontend §1.2: an engine of API %s takes the signal of a stop: %s', (api, takes) => {
  expect(takesStopSignal(api)).toBe(takes)
})
