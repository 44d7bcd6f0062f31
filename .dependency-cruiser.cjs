/**
 * Who may import whom (docs/architecture.md). Master, agent and framework are strangers: they meet only in `src/mesos`,
 * so that they can run on different machines. A rule names what a folder may import; everything else is an error.
 */

const npm = '^node_modules/'

const mayImport = (folder, paths, { node = true } = {}) => ({
  name: `${folder}-imports`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: {
    pathNot: [`^src/${folder}/`, ...paths],
    ...(node ? { dependencyTypesNot: ['core'] } : {}),
  },
})

/** Files that only decide: values in, values out. They may know the shape of what acts, never call it. */
const pure = [
  '^src/constraints/',
  '^src/resources/',
  '^src/core-master/allocator/(?!allocator-actor)',
  '^src/[^/]+/handlers\\.ts$',
  '^src/mesos-framework/offers/match\\.ts$',
  '^src/core-agent/qos/',
  '^src/core-agent/usage/(sample|sampler|share)\\.ts$',
  '^src/mesos-framework/tasks/(lifecycle|requeue-record|revocation)\\.ts$',
  '^src/core-agent/estimator/',
  '^src/core-agent/reconfiguration\\.ts$',
  '^src/core-agent/docker/(container-spec|docker-info|environment|limits|linux-info|networks|parameters|parameter-values|policy|volumes)\\.ts$',
  '^src/core-agent/cpu-quota\\.ts$',
  '^src/core-agent/tasks/(dead|network-infos)\\.ts$',
  '^src/core-agent/containerizers\\.ts$',
  '^src/core-agent/command/(command-spec|environment|exit|group|handlers|kill|life|sandbox-path|script)\\.ts$',
  '^src/core-agent/executors/',
  '^src/core-agent/(fetch/plan|files/(locate|query)|sandboxes/(collect|spec|handlers))\\.ts$',
]

module.exports = {
  forbidden: [
    mayImport('resources', [], { node: false }),
    mayImport('runtime', [npm]),
    mayImport('mesos', ['^src/(resources|runtime)/', npm]),
    mayImport('constraints', ['^src/(resources|mesos)/', '^node_modules/re2-wasm/'], {
      node: false,
    }),
    mayImport('mesos-framework', ['^src/(constraints|mesos|resources|runtime)/']),
    mayImport('docker-api', [
      '^src/mesos-framework/cluster\\.ts$',
      '^src/(constraints|resources|runtime)/',
      '^src/mesos/(engine-endpoint|ids|recordio|revocation)\\.ts$',
      npm,
    ]),
    mayImport('core-master', ['^src/(mesos|resources|runtime)/', npm]),
    mayImport('core-agent', ['^src/(mesos|resources|runtime)/', npm]),
    mayImport('cli', [
      '^src/[^/]+/(main|config)\\.ts$',
      '^src/mesos-framework/(framework|cluster)\\.ts$',
      '^src/(resources|runtime)/',
      npm,
    ]),
    {
      name: 'docker-api-knows-the-cluster-by-its-types',
      severity: 'error',
      from: { path: '^src/docker-api/' },
      to: { path: '^src/mesos-framework/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-zones-do-not-act',
      comment: 'no npm but the linear-time matcher, and of runtime only types',
      severity: 'error',
      from: { path: pure },
      to: {
        path: ['^src/runtime/', npm],
        pathNot: '^node_modules/re2-wasm/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'pure-zones-know-no-node',
      severity: 'error',
      from: { path: pure },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-development-packages-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '/@types/' },
    },
    {
      name: 'every-import-is-found',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '/dist/' },
    },
  ],
  options: {
    exclude: '^dist/',
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
}
