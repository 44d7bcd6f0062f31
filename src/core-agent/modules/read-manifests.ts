import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type ModuleEntry, mergeManifests, parseManifest } from './manifest.ts'

/** `--modules`: the JSON itself, whose relative paths are those of the working directory, or a file. Throws an Error. */
export const readModules = (given: string): readonly ModuleEntry[] => {
  const [, path] = /^file:\/\/(\/.+)$/.exec(given.trim()) ?? []
  if (path !== undefined) return mergeManifests([readManifest(path)])
  if (given.trim().startsWith('file:'))
    throw new Error(`wanted file:///absolute/path, got "${given}"`)
  return mergeManifests([parseManifest(given, process.cwd())])
}

/** `--modules_dir`: every file of the folder, in the order of their names, as Mesos reads it. Throws an Error. */
export const readModulesFolder = (folder: string): readonly ModuleEntry[] => {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort()
  return mergeManifests(files.map((name) => readManifest(join(folder, name))))
}

const readManifest = (path: string): readonly ModuleEntry[] => {
  const text = readFileSync(path, 'utf8')
  try {
    return parseManifest(text, dirname(path))
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
