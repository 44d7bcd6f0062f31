import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Contained } from './isolator.ts'

/**
 * The control groups of command containers: `<mount>[/<controller>]<root>/<tier>/<container id>`. On v1 each
 * controller has a tree of its own, and the hybrid one without controllers serves to kill a whole group at once.
 */
export class Hierarchies {
  readonly version: 1 | 2
  readonly #mount: string
  readonly #root: string

  constructor(root: string, mount = '/sys/fs/cgroup') {
    this.#root = root
    this.#mount = mount
    this.version = existsSync(join(mount, 'cgroup.controllers')) ? 2 : 1
  }

  /** Folder of the container's group for a v1 controller, or on v2 the only one; undefined: the kernel has none. */
  folder(controller: string, { tier, containerId }: Contained): string | undefined {
    const tree = this.version === 2 ? this.#mount : join(this.#mount, controller)
    return existsSync(join(tree, 'cgroup.procs'))
      ? join(tree, this.#root, tier, containerId)
      : undefined
  }

  /** Makes the group. On v2 the controllers are handed down first; one that the kernel lacks is told by the write. */
  make(folder: string): void {
    mkdirSync(folder, { recursive: true })
    if (this.version === 1) return
    let group = this.#mount
    for (const name of relative(this.#mount, folder).split('/')) {
      writeFileSync(join(group, 'cgroup.subtree_control'), '+cpu +memory +pids')
      group = join(group, name)
    }
  }
}

/** Removes a group; false: processes of it are still ending. */
export const removeGroup = (folder: string): boolean => {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

export const write = (folder: string, file: string, value: string | number): void =>
  writeFileSync(join(folder, file), String(value))

/** Undefined: there is no such file, or its group has gone. */
export const read = (folder: string, file: string): string | undefined => {
  try {
    return readFileSync(join(folder, file), 'utf8').trim()
  } catch {
    return undefined
  }
}

/** The number after `name` in a file of `name number` lines; zero where it is not. */
export const keyed = (text: string | undefined, name: string): number => {
  const line = text?.split('\n').find((one) => one.startsWith(`${name} `))
  return line === undefined ? 0 : Number(line.slice(name.length + 1))
}

export const processesOf = (folder: string): readonly number[] =>
  (read(folder, 'cgroup.procs') ?? '').split('\n').filter(Boolean).map(Number)
