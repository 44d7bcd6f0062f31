import { type DestinationStream, pino } from 'pino'

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** Structured lines for operators. Fields first, then one sentence. */
export interface Logger {
  /** What is below it is not written; may be set at any time. */
  level: string
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** JSON lines to `destination`; credentials never appear. */
export const jsonLogger = (
  name: string,
  options: { readonly level: Level; readonly destination: DestinationStream },
): Logger =>
  pino(
    {
      name,
      level: options.level,
      base: null,
      redact: ['*.headers["x-registry-auth"]', '*.headers.authorization'],
    },
    options.destination,
  )

export const silent: Logger = {
  level: 'error',
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
}
