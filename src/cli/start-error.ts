/** A part did not start; the message names the flag and the remedy. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** Starts what listens where `flag` says, and puts what can go wrong there into words. Throws StartError. */
export const listening = async <T>(flag: string, start: () => Promise<T>): Promise<T> => {
  try {
    return await start()
  } catch (error) {
    const {
      code = '',
      address = '',
      port,
    } = error as NodeJS.ErrnoException & {
      address?: string
      port?: number
    }
    const remedy = remedies[code]
    if (remedy === undefined) throw error
    const where = port === undefined ? address : `${address}:${port}`
    const hint = port === 2375 && code === 'EADDRINUSE' ? ' (a dockerd may hold it)' : ''
    throw new StartError(`${flag}: ${where} ${remedy}${hint}`, { cause: error })
  }
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'is in use; stop what listens there, or choose another port, where 0 takes any free one',
  EACCES: 'may not be listened on by this user; choose a port above 1023, or run as root',
  EADDRNOTAVAIL: 'is not an address of this machine; 127.0.0.1 always is',
}
