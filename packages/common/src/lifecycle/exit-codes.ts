import { findError } from '../errors/index.ts'

/** How every DDMQ process ends (house-style §14). 70 and 78 are the values of sysexits.h, 130 a shell's for SIGINT. */
export const EXIT_CODES = {
  /** Drained and stopped as asked. */
  ok: 0,
  /** Did not start, or something did not stop in time. */
  failed: 1,
  /** An exception nobody handled: a bug. */
  crashed: 70,
  /** The configuration cannot be used; the problems are listed. */
  invalidConfig: 78,
  /** A second signal while stopping: ended at once. */
  interrupted: 130,
} as const

/** The exit code for an error that kept a process from starting. */
export function exitCodeOf(thrown: unknown): number {
  return findError(thrown, 'CONFIG_INVALID') === undefined ? EXIT_CODES.failed : EXIT_CODES.invalidConfig
}
