import { type DestinationStream, type Level, type LogFn, pino, stdTimeFunctions } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { redactText } from '../config/redact.ts'
import type { Logger } from './logger.ts'
import { printableFields, REDACTED } from './printable.ts'

export type LogLevel = Level | 'silent'

export interface LoggerOptions {
  readonly level: LogLevel
  /** Lines for a person instead of JSON. A terminal gets them by `process.stdout.isTTY`. */
  readonly pretty: boolean
  /** Where lines go instead of the standard output. */
  readonly destination?: DestinationStream
}

/** Fields bound by `child` do not pass the formatter below, so the usual names are listed once more. */
const SECRET_BINDINGS = [
  'password',
  'passphrase',
  'secret',
  'token',
  'credentials',
  'privateKey',
  'apiKey',
  'authorization',
  'cookie',
]

/**
 * The root logger of a process (house-style §16): JSON lines on the standard output, written synchronously so that the
 * last words of a crash are not lost. Secrets and bodies are masked at any depth.
 */
export function createLogger({ level, pretty, destination }: LoggerOptions): Logger {
  const target = destination ?? pino.destination({ sync: true })
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      // `formatters.log` has already made errors printable.
      serializers: { err: value => value },
      formatters: {
        level: label => ({ level: label }),
        log: printableFields,
      },
      redact: { paths: SECRET_BINDINGS, censor: REDACTED },
      hooks: { logMethod },
    },
    pretty ? prettyStream(target) : target,
  )
}

/** A message may be the text of an error of some library, with an address in it. */
function logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [first, message, ...rest] = args
  if (first instanceof Error) method.call(this, { err: first }, redactText(message ?? first.message), ...rest)
  else method.apply(this, args)
}

/** In this process and not a worker: a worker would lose the last lines at `exit`. */
function prettyStream(target: DestinationStream): DestinationStream {
  const prettify = prettyFactory({ colorize: process.stdout.isTTY, translateTime: 'SYS:HH:MM:ss.l' })
  return { write: line => target.write(prettify(line)) }
}
