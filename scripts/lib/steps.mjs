/**
 * One line for each step: what is done, and how long it took. A step that takes longer than two seconds shows that it
 * is alive: in place on a terminal, as a further line now and then elsewhere. Steps go to stderr, results to stdout.
 */

const firstSignMs = 2_000
const terminalEveryMs = 1_000
const plainEveryMs = 10_000

/** Runs `work` under a title such as `building`; its failure is reported by the caller. */
export const step = async (title, work) => {
  const startedMs = performance.now()
  const seconds = () => ((performance.now() - startedMs) / 1000).toFixed(1)
  const stop = showLife(title, seconds)
  try {
    const result = await work()
    stop()
    line(`${title}: done in ${seconds()} s`)
    return result
  } catch (error) {
    stop()
    line(`${title}: failed after ${seconds()} s`)
    throw error
  }
}

const showLife = (title, seconds) => {
  const terminal = process.stderr.isTTY
  const show = () =>
    terminal
      ? process.stderr.write(`\r\u001B[K${title} … ${Math.round(seconds())} s`)
      : line(`${title}: ${Math.round(seconds())} s …`)
  let timer = setTimeout(() => {
    show()
    timer = setInterval(show, terminal ? terminalEveryMs : plainEveryMs)
  }, firstSignMs)
  return () => {
    clearTimeout(timer)
    if (terminal) process.stderr.write('\r\u001B[K')
  }
}

const line = (text) => process.stderr.write(`${text}\n`)
