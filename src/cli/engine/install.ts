import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { Steps } from '../steps.ts'
import { EngineError } from './engine-error.ts'

const run = promisify(execFile)
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin']
const maxOutputBytes = 64 * 1024 * 1024

export const isInstalled = (program: string): boolean =>
  [...(process.env['PATH'] ?? '').split(delimiter), ...systemFolders].some((folder) =>
    existsSync(join(folder, program)),
  )

/** True where packages can be installed without asking anybody: root on Debian or a child of it. */
export const canInstall = (): boolean =>
  process.getuid?.() === 0 && existsSync('/etc/debian_version') && isInstalled('apt-get')

/** Throws EngineError with what apt printed. */
export const installPackages = async (packages: readonly string[], steps: Steps): Promise<void> => {
  const apt = (args: readonly string[]) =>
    run('apt-get', [...args], {
      maxBuffer: maxOutputBytes,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  const install = ['install', '--yes', '--no-install-recommends', ...packages]
  try {
    await steps.step('updating the list of packages', () => apt(['update']))
    await steps.step(`installing ${packages.join(', ')}`, () => apt(install))
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    throw new EngineError(
      `apt-get could not install ${packages.join(', ')}: ${stderr.trim() || String(error)}`,
      { cause: error },
    )
  }
}
