import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { temporaryFolder } from './temporary-folder.ts'

export interface CommandResult {
  /** The exit status, or null where a signal ended the command. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** Written to stdin, which is then closed; without it stdin is empty. */
  readonly input?: string | Uint8Array
}

/** The real docker command, pointed at one endpoint, with a configuration of its own. */
export class DockerCli {
  readonly host: string
  readonly env: NodeJS.ProcessEnv

  constructor(host: string) {
    this.host = host
    this.env = {
      PATH: process.env['PATH'],
      HOME: tmpdir(),
      DOCKER_HOST: host,
      DOCKER_CONFIG: temporaryFolder('docker-config'),
    }
  }

  /** Runs to the end, whatever the exit status. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    const child = this.spawn(args)
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    const [code] = (await once(child, 'close')) as [number | null]
    return {
      code,
      stdout: Buffer.concat(out).toString('utf8'),
      stderr: Buffer.concat(err).toString('utf8'),
    }
  }

  /** stdout of a command that must succeed, without its last line feed. */
  async ok(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args)
    if (code !== 0) throw new Error(`docker ${args.join(' ')} exited ${code}: ${stderr}${stdout}`)
    return stdout.replace(/\n$/, '')
  }

  /** stderr of a command that must fail. */
  async refused(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args)
    if (code === 0) throw new Error(`docker ${args.join(' ')} succeeded: ${stdout}`)
    return stderr.trim()
  }

  /** A shell command under a terminal of its own; the terminal's path is the first line that it prints. */
  terminal(command: string) {
    return spawn('script', ['-qec', `tty; ${command}`, '/dev/null'], {
      env: this.env,
      stdio: 'pipe',
    })
  }

  spawn(args: readonly string[]) {
    return spawn('docker', [...args], { env: this.env, stdio: 'pipe' })
  }
}

/** Resolves when what a stream printed matches; rejects with what it printed when it ends before. */
export const printed = (stream: NodeJS.ReadableStream, wanted: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    const onData = (chunk: Buffer | string) => {
      text += chunk.toString()
      if (!wanted.test(text)) return
      stream.off('data', onData)
      stream.off('end', onEnd)
      resolve(text)
    }
    const onEnd = () => reject(new Error(`ended without ${wanted}: ${text}`))
    stream.on('data', onData)
    stream.on('end', onEnd)
  })
