import { createLogger, type Logger } from '@ddmq/common/log'

export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string }

export interface TestLogger {
  readonly log: Logger
  /** Every line written so far, parsed. */
  readonly lines: readonly LogLine[]
  /** The lines with this message. */
  readonly withMessage: (message: string) => readonly LogLine[]
}

/** The product's logger at level trace, collecting its lines instead of printing them. */
export function testLogger(): TestLogger {
  const lines: LogLine[] = []
  const log = createLogger({
    level: 'trace',
    pretty: false,
    destination: { write: line => void lines.push(parsed(line)) },
  })
  return { log, lines, withMessage: message => lines.filter(line => line.msg === message) }
}

/** The logger writes JSON objects with these two members. */
function parsed(line: string): LogLine {
  const fields: LogLine = JSON.parse(line)
  return fields
}
