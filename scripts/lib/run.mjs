import { spawn } from 'node:child_process'

/** The root of the checkout. */
export const root = new URL('../../', import.meta.url)

/** Runs a command with the terminal handed through; answers its exit code. */
export const run = (command, args, env = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    })
    // Ctrl-C reaches the child too; the child decides when to end, we end after it.
    const stay = () => {}
    process.on('SIGINT', stay)
    child.on('error', reject)
    child.on('exit', (code) => {
      process.off('SIGINT', stay)
      resolve(code ?? 1)
    })
  })

/** Runs a command and keeps what it prints, both streams in order of arrival. */
export const capture = (command, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = []
    child.stdout.on('data', (chunk) => output.push(chunk))
    child.stderr.on('data', (chunk) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code: code ?? 1, output: Buffer.concat(output).toString() }),
    )
  })

/** A command that must succeed: otherwise what it printed is shown and the script ends. */
export const must = async (command, args) => {
  const { code, output } = await capture(command, args)
  if (code === 0) return
  throw new ScriptError(`${command} ${args.join(' ')} ended with ${code}:\n${output}`)
}

/** A failure that the reader can act on; shown without a stack. */
export class ScriptError extends Error {
  name = 'ScriptError'
}

/** Runs a script's body and turns its answer into the exit code. */
export const main = async (body) => {
  try {
    process.exitCode = (await body()) ?? 0
  } catch (error) {
    process.stderr.write(`${error instanceof ScriptError ? error.message : error.stack}\n`)
    process.exitCode = 1
  }
}

/** The path of a tool that `npm install` put there. */
export const tool = (name) => `node_modules/.bin/${name}`
