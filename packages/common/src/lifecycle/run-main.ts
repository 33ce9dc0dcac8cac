import { describeError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts'
import type { Service } from './service.ts'

/** How long a crashed process may take to hand back what it holds. */
const CRASH_STOP_MS = 5_000
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

export interface RunMainOptions {
  readonly log: Logger
  /** Says why the service did not start; absent: a fatal log line. */
  readonly reportStartFailure?: (thrown: unknown) => void
  /** Ends the process; replaced in tests. */
  readonly exit?: (code: number) => void
}

/**
 * Starts a service as this process and ends the process with it (house-style §14). Resolves once it runs or once `exit`
 * was called; never rejects.
 *
 * - First SIGTERM or SIGINT: drain and stop, exit 0, or 1 when something did not stop.
 * - Second signal: exit 130 at once.
 * - Exception nobody handled: fatal log line, short stop, exit 70.
 * - Start failed: exit 1, or 78 when the configuration is the cause.
 */
export async function runMain(service: Service, options: RunMainOptions): Promise<void> {
  const { log, exit = process.exit.bind(process) } = options
  const { reportStartFailure = err => log.fatal({ err }, `service did not start: ${describeError(err)}`) } =
    options
  let ending = false

  const end = (stopped: Promise<void>, okCode: number): void => {
    ending = true
    stopped.then(
      () => exit(okCode),
      (err: unknown) => {
        log.error({ err }, 'service did not stop cleanly')
        exit(okCode === EXIT_CODES.ok ? EXIT_CODES.failed : okCode)
      },
    )
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (ending) return exit(EXIT_CODES.interrupted)
    log.info({ signal }, 'signal received, stopping')
    end(service.stop(), EXIT_CODES.ok)
  }
  const onCrash = (err: unknown): void => {
    log.fatal({ err }, 'unhandled exception, stopping')
    if (ending) return exit(EXIT_CODES.crashed)
    setTimeout(exit, CRASH_STOP_MS, EXIT_CODES.crashed)
    end(service.stop(), EXIT_CODES.crashed)
  }

  for (const signal of SIGNALS) process.on(signal, onSignal)
  process.on('uncaughtException', onCrash)
  process.on('unhandledRejection', onCrash)
  try {
    await service.start()
  } catch (err) {
    if (ending) return
    reportStartFailure(err)
    exit(exitCodeOf(err))
  }
}
