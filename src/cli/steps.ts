/** Tells the person at the terminal what is done. Steps and results go to different streams, so that results can be piped. */
export interface Steps {
  /** One line when it is done; signs of life where it takes longer than two seconds. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>
  line(text: string): void
}

/** What `Steps` writes to: `process.stderr`, or a test's array. */
export interface Terminal {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const firstSignMs = 2_000
const terminalEveryMs = 1_000
const plainEveryMs = 10_000

/** Signs of life are written over each other on a terminal, and as lines of their own elsewhere. */
export const terminalSteps = (terminal: Terminal): Steps => {
  const line = (text: string) => terminal.write(`${text}\n`)
  return {
    line,
    step: async (title, work) => {
      const startedMs = performance.now()
      const seconds = (digits: number) =>
        `${((performance.now() - startedMs) / 1000).toFixed(digits)} s`
      const stop = showLife(terminal, () => `${title}: ${seconds(0)} …`)
      try {
        const result = await work()
        stop()
        line(`${title}: done in ${seconds(1)}`)
        return result
      } catch (error) {
        stop()
        line(`${title}: failed after ${seconds(1)}`)
        throw error
      }
    },
  }
}

export const silentSteps: Steps = { line: () => {}, step: (_title, work) => work() }

const showLife = (terminal: Terminal, text: () => string): (() => void) => {
  const clear = () => terminal.isTTY && terminal.write('\r\u001B[K')
  const show = () => {
    clear()
    terminal.write(terminal.isTTY ? text() : `${text()}\n`)
  }
  let timer = setTimeout(() => {
    show()
    timer = setInterval(show, terminal.isTTY ? terminalEveryMs : plainEveryMs)
  }, firstSignMs)
  return () => {
    clearTimeout(timer)
    clear()
  }
}
