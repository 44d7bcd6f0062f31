import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAgentConfig } from '../../../../src/core-agent/config.ts'
import {
  maxModules,
  mergeManifests,
  parseManifest,
} from '../../../../src/core-agent/modules/manifest.ts'
import { ConfigError } from '../../../../src/runtime/flags.ts'
import { moduleFolder } from '../../../support/modules.ts'

const manifest = (entry: object, library: object = { file: '/a.mjs' }) =>
  JSON.stringify({ libraries: [{ ...library, modules: [entry] }] })

test('a manifest as Mesos has it, with our own two fields', () => {
  const parameters = [{ key: 'a', value: '1' }]
  const entry = { name: 'mine', parameters, worker: true, failure_policy: 'fail-closed' }
  expect(parseManifest(manifest(entry), '/etc')).toEqual([
    {
      name: 'mine',
      library: { type: 'file', path: '/a.mjs' },
      parameters: { a: '1' },
      worker: true,
      failurePolicy: 'fail-closed',
    },
  ])
})

test.each([
  { library: { file: 'b.mjs' }, wanted: { type: 'file', path: '/etc/b.mjs' } },
  { library: { file: 'file:///b.mjs' }, wanted: { type: 'file', path: '/b.mjs' } },
  { library: { name: '@us/pack' }, wanted: { type: 'package', name: '@us/pack', from: '/etc' } },
])('a library is found by $library', ({ library, wanted }) => {
  const [entry] = parseManifest(manifest({ name: 'mine' }, library), '/etc')
  expect(entry?.library).toEqual(wanted)
})

describe('what is wrong with a manifest names the field', () => {
  test.each([
    ['{', /wanted JSON such as \{"libraries".*or file:\/\/\/path/],
    ['[]', /the whole: wanted an object/],
    ['{}', /libraries: wanted a list/],
    ['{"libraries":[1]}', /libraries\[0\]: wanted an object/],
    ['{"library":[]}', /library: unknown field, wanted libraries/],
    [manifest({ name: 'a' }, {}), /libraries\[0\]: wanted either file or name/],
    [manifest({ name: 'a' }, { file: '/a', name: 'b' }), /wanted either file or name/],
    [manifest({ name: 'a' }, { file: 1 }), /libraries\[0\]\.file: wanted a text/],
    ['{"libraries":[{"file":"/a"}]}', /libraries\[0\]\.modules: wanted a list/],
    [manifest({}), /libraries\[0\]\.modules\[0\]\.name: wanted a text/],
    [manifest({ name: 'a,b' }), /modules\[0\]\.name: "a,b" has a comma or a blank/],
    [manifest({ name: 'a', extra: 1 }), /modules\[0\]\.extra: unknown field/],
    [manifest({ name: 'a', worker: 'yes' }), /worker: wanted true or false/],
    [manifest({ name: 'a', failure_policy: 'open' }), /wanted fail-open or fail-closed/],
    [manifest({ name: 'a', parameters: {} }), /parameters: wanted a list/],
    [manifest({ name: 'a', parameters: [{ value: 'x' }] }), /parameters\[0\]\.key: wanted a text/],
    [manifest({ name: 'a', parameters: [{ key: 'x', value: 1 }] }), /\[0\]\.value: wanted a text/],
    [
      manifest({
        name: 'a',
        parameters: [
          { key: 'x', value: '1' },
          { key: 'x', value: '2' },
        ],
      }),
      /the key "x" is given twice/,
    ],
  ])('%s', (text, problem) => {
    expect(() => parseManifest(text, '/')).toThrow(problem)
  })

  test('more modules than anybody runs', () => {
    const many = Array.from({ length: maxModules + 1 }, (_, n) =>
      parseManifest(manifest({ name: `m${n}` }), '/'),
    )
    expect(() => mergeManifests(many)).toThrow(`${maxModules + 1} modules are more than`)
    expect(mergeManifests(many.slice(1))).toHaveLength(maxModules)
  })
})

describe('flags', () => {
  const files = moduleFolder()
  const flags = (more: Readonly<Record<string, string>>) =>
    parseAgentConfig(
      Object.fromEntries(
        Object.entries({ master: 'm:5050', work_dir: '/w', ...more }).map(([name, value]) => [
          name,
          [value],
        ]),
      ) as Record<string, readonly string[]>,
      {},
    )
  const problemsOf = (more: Readonly<Record<string, string>>): readonly string[] => {
    try {
      flags(more)
    } catch (error) {
      if (error instanceof ConfigError) return error.problems
      throw error
    }
    return []
  }

  test('--modules takes a file, whose relative libraries lie beside it', () => {
    const path = files.write('one.json', manifest({ name: 'a' }, { file: 'a.mjs' }))
    const [entry] = flags({ modules: `file://${path}` }).modules
    expect(entry?.library).toEqual({ type: 'file', path: join(files.folder, 'a.mjs') })
  })

  test('--modules_dir takes every file of a folder in the order of names', () => {
    const folder = join(files.folder, 'all.d')
    mkdirSync(join(folder, 'folders-are-left-out'), { recursive: true })
    files.write('all.d/20-b', manifest({ name: 'b' }))
    files.write('all.d/10-a', manifest({ name: 'a' }))
    files.write('all.d/.hidden', 'not JSON')
    expect(flags({ modules_dir: folder }).modules.map(({ name }) => name)).toEqual(['a', 'b'])

    files.write('all.d/30-a', manifest({ name: 'a' }))
    expect(problemsOf({ modules_dir: folder })).toEqual([
      '--modules_dir: module "a" is there twice: name it once',
    ])
    files.write('all.d/30-a', '{}')
    expect(problemsOf({ modules_dir: folder })[0]).toMatch(/30-a: libraries: wanted a list/)
  })

  test('a module among the containerizers takes the place of mesos, one of isolation its own', () => {
    const modules = manifest({ name: 'a' })
    const config = flags({ modules, containerizers: 'a,docker', isolation: 'a,cgroups/cpu' })
    expect(config).toMatchObject({
      containerizers: ['mesos', 'docker'],
      commandModule: 'a',
      isolation: ['a', 'cgroups/cpu'],
    })
  })

  test.each([
    [{ modules: manifest({ name: 'a' }), modules_dir: '.' }, /--modules_dir: /],
    [{ modules: 'file:a.json' }, /--modules: wanted file:\/\/\/absolute\/path/],
    [{ modules: 'file:///nowhere/a.json' }, /--modules: ENOENT/],
    [{ modules_dir: '/nowhere' }, /--modules_dir: ENOENT/],
    [{ modules: manifest({ name: 'usage' }) }, /--modules: "usage" is one of shoal's own/],
    [{ resource_estimator: 'a' }, /--resource_estimator: .*or a module that --modules .*"a"/],
    [{ qos_controller: 'a' }, /--qos_controller: wanted graded or load or noop, or a module/],
    [{ container_logger: 'a' }, /--container_logger: there is no module "a"/],
    [{ isolation: 'cgroups/cpu,a' }, /--isolation: wanted cgroups\/cpu or .*, or a module .*"a"/],
    [{ isolation: 'a', modules: manifest({ name: 'a' }) }, /--isolation: wanted at least one of/],
    [{ containerizers: 'docker,a' }, /--containerizers: wanted docker or mesos, or a module .*"a"/],
    [
      { containerizers: 'mesos,a', modules: manifest({ name: 'a' }) },
      /--containerizers: a runs what another one of them runs: name one module, or mesos/,
    ],
    [{ hooks: 'a' }, /--hooks: there is no module "a": name it in --modules or --modules_dir$/],
    [{ hooks: 'b', modules: manifest({ name: 'a' }) }, /--hooks: .*"b": .*, which have a$/],
    [{ hooks: 'a,a', modules: manifest({ name: 'a' }) }, /--hooks: "a" is there twice/],
  ])('%j is a mistake', (given, problem) => {
    expect(problemsOf(given).join('\n')).toMatch(problem)
  })
})
