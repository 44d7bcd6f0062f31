import { readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

const mount = '/sys/fs/cgroup'

/** Removes a group with all below it in every hierarchy of the kernel, as far as no process is in it. */
export const removeEmptyCgroups = (name: string): void => {
  for (const hierarchy of [mount, ...foldersIn(mount)]) removeEmpty(join(hierarchy, name))
}

const removeEmpty = (group: string): void => {
  for (const inner of foldersIn(group)) removeEmpty(inner)
  try {
    rmdirSync(group)
  } catch {
    // It is not there, or in use.
  }
}

const foldersIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name))
  } catch {
    return []
  }
}
