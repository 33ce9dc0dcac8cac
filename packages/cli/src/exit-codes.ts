import { findError } from '@ddmq/common/errors'

/** Exit codes of every `ddmq` command; documented in docs/reference/cli.md. */
export const EXIT = {
  ok: 0,
  /** The server refused, or part of the work failed. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Nothing answers at the address. */
  unreachable: 69,
  /** No valid token. */
  notAuthorized: 77,
  /** A configuration value is wrong. */
  config: 78,
} as const

const BY_CODE: readonly (readonly [code: string, exitCode: number])[] = [
  ['CLI_USAGE', EXIT.usage],
  ['BENCH_REPORT_INVALID', EXIT.usage],
  ['BENCH_REPORTS_DIFFER', EXIT.usage],
  ['CLI_UNREACHABLE', EXIT.unreachable],
  ['CLI_NOT_AUTHORIZED', EXIT.notAuthorized],
  ['CONFIG_INVALID', EXIT.config],
]

export function exitCodeOf(thrown: unknown): number {
  return BY_CODE.find(([code]) => findError(thrown, code) !== undefined)?.[1] ?? EXIT.failed
}
