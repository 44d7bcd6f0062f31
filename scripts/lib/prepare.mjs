import { chmodSync, cpSync, existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { must, root, ScriptError, tool } from './run.mjs'
import { step } from './steps.mjs'

const wantedNode = [20, 19]

/** Installs what the lock file names, where node_modules is missing or older than it. */
export const install = async () => {
  demandNode()
  const installed = path('node_modules/.package-lock.json')
  if (changedMs(installed) >= changedMs(path('package-lock.json'))) return
  // Not `npm ci`: it refuses a lock file without the entries of other platforms' optional packages, which npm itself
  // leaves out when they were not to be had where the lock was written. `--no-save` keeps to the locked versions.
  // Nothing we depend on needs its install scripts.
  await step('installing dependencies', () =>
    must('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']),
  )
  const now = new Date()
  utimesSync(installed, now, now)
}

/** Compiles `src` to `dist`, where dist is missing or older than what it is made from. */
export const build = async ({ always = false } = {}) => {
  await install()
  const built = path('dist/cli/main.js')
  const sources = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']
  const newestMs = Math.max(...sources.map((source) => newestChangeMs(path(source))))
  if (!always && changedMs(built) >= newestMs) return
  await step('building', async () => {
    rmSync(path('dist'), { recursive: true, force: true })
    await must(tool('tsc'), ['-p', 'tsconfig.build.json'])
    cpSync(path('src/mesos/proto'), path('dist/mesos/proto'), { recursive: true })
    chmodSync(built, 0o755)
  })
}

const demandNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [wantedMajor, wantedMinor] = wantedNode
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  throw new ScriptError(
    `shoal needs Node ${wantedNode.join('.')} or newer, this is ${process.versions.node}: https://nodejs.org/en/download`,
  )
}

const path = (relative) => new URL(relative, root)

const changedMs = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0)

/** The latest change below a file or folder; a folder's own time tells that something was removed. */
const newestChangeMs = (file) => {
  if (!statSync(file).isDirectory()) return changedMs(file)
  const inside = readdirSync(file).map((name) => newestChangeMs(new URL(`${file.href}/${name}`)))
  return Math.max(changedMs(file), ...inside)
}
