/** Facts of a log line; never bodies. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where the SDK reports what an operator may want to know. Silent unless one is given; pino and console fit after a two-line wrapper. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

const ignore = (): void => {}

/** Used when no logger is given. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
