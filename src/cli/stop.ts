/** As a shell reports a process that Ctrl-C ended. */
const interrupted = 130

/** Aborted by the first Ctrl-C or SIGTERM; the second one ends the process at once. */
export const stopSignal = (): AbortSignal => {
  const stop = new AbortController()
  const ask = () => {
    if (stop.signal.aborted) process.exit(interrupted)
    stop.abort()
  }
  process.on('SIGINT', ask)
  process.on('SIGTERM', ask)
  return stop.signal
}

export const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** As mesos-agent: SIGUSR1 is the wish to leave the cluster. */
export const whenAskedToLeave = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGUSR1', () => resolve())
  })
