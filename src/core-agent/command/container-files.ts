import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandExit, Limitation } from './containers.ts'
import type { Contained } from './isolators/isolator.ts'

/**
 * What lies on disk of each container, in one folder, so that one watch sees every end:
 * `<id>.json` what it is, `<id>.sh` its supervisor, `.pid` of that, `.started` once the command runs,
 * `.limitation` why it was taken down, `.exit.status` when it is over.
 */
export class ContainerFiles {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** Path of a container's files, without their endings. */
  base(id: string): string {
    return join(this.folder, id)
  }

  /** The container that a file of this name belongs to. */
  idOf(file: string): string {
    return file.split('.')[0] ?? ''
  }

  write(contained: Contained, script: string): void {
    const base = this.base(contained.containerId)
    writeFileSync(`${base}.sh`, script, { mode: 0o700 })
    this.describe(contained)
  }

  describe(contained: Contained): void {
    writeFileSync(`${this.base(contained.containerId)}.json`, JSON.stringify(contained))
  }

  all(): readonly Contained[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => readContained(join(this.folder, name)))
  }

  started(id: string): boolean {
    return existsSync(`${this.base(id)}.started`)
  }

  /** Undefined while there is none. */
  exit(id: string): CommandExit | undefined {
    const text = read(`${this.base(id)}.exit.status`)
    if (text === undefined) return undefined
    const limitation = this.limitation(id)
    return { status: Number(text), ...(limitation === undefined ? {} : { limitation }) }
  }

  limitation(id: string): Limitation | undefined {
    const text = read(`${this.base(id)}.limitation`)
    return text === undefined ? undefined : (JSON.parse(text) as Limitation)
  }

  /** Before anything is signalled, so that the cause outlives the agent. */
  limit(id: string, limitation: Limitation): void {
    writeFileSync(`${this.base(id)}.limitation`, JSON.stringify(limitation))
  }

  /** Whether the process of that number still is this container's supervisor. */
  supervised(id: string): boolean {
    const pid = read(`${this.base(id)}.pid`)?.trim() ?? ''
    const command = pid === '' ? undefined : read(`/proc/${pid}/cmdline`)
    return command?.includes(`${this.base(id)}.sh`) === true
  }

  remove(id: string): void {
    for (const ending of endings) rmSync(`${this.base(id)}.${ending}`, { force: true })
  }
}

/** What says that the container is there goes last. */
const endings = ['sh', 'pid', 'started', 'limitation', 'exit.new', 'exit.status', 'json'] as const

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** A file that a crash cut short is of a container that never started. */
const readContained = (path: string): readonly Contained[] => {
  try {
    return [JSON.parse(read(path) ?? '') as Contained]
  } catch {
    return []
  }
}
