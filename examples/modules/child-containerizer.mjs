import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'

/**
 * Runs commands as children of the agent, bounded by nothing: for trying shoal where there are neither control groups nor root.
 * They end with the agent.
 */
export const childContainerizer = {
  apiVersion: '1.0',
  kind: 'Containerizer',
  name: 'example_child_containerizer',
  description: 'Runs commands as plain child processes.',
  compatible: () => true,

  create() {
    const children = new Map()
    let onExit = () => {}

    return {
      // Called once, first: whom to tell of each end, once its launch is done.
      watch(listener) {
        onExit = listener
      },

      launch({ containerId, sandbox, argv, environment }) {
        mkdirSync(sandbox, { recursive: true })
        const output = ['stdout', 'stderr'].map((name) => openSync(`${sandbox}/${name}`, 'a'))
        const [command, ...args] = argv
        const child = spawn(command, args, {
          cwd: sandbox,
          env: environment,
          stdio: ['ignore', ...output],
          detached: true, // A group of its own, which signals go to.
        })
        for (const file of output) closeSync(file) // The child has its own.
        children.set(containerId, child)
        return new Promise((resolve, reject) => {
          child.once('spawn', resolve)
          child.once('error', reject)
          child.once('exit', (code) => onExit(containerId, { status: code ?? 137 }))
        })
      },

      signal(containerId, signal) {
        const { pid, exitCode, signalCode } = children.get(containerId) ?? {}
        if (pid !== undefined && exitCode === null && signalCode === null)
          process.kill(-pid, signal)
      },

      remove(containerId) {
        children.delete(containerId)
      },

      close() {
        for (const containerId of children.keys()) this.signal(containerId, 'SIGKILL')
      },
    }
  },
}
