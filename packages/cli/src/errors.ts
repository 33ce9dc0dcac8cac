import { defineError } from '@ddmq/common/errors'

/** What was typed cannot be done as written; the message says what to type instead. */
export class UsageError extends defineError('CLI_USAGE', { retryable: false, httpStatus: 400 }) {}

/** Nothing answers at the console's or a proxy's address. */
export class UnreachableError extends defineError('CLI_UNREACHABLE', { retryable: true, httpStatus: 503 }) {}

/** The console knows no such token; sign in again or pass another one. */
export class NotAuthorizedError extends defineError('CLI_NOT_AUTHORIZED', {
  retryable: false,
  httpStatus: 401,
}) {}

/** The server answered and refused. */
export class RefusedError extends defineError('CLI_REFUSED', { retryable: false, httpStatus: 409 }) {}

/** A measurement could not be made, or came out worse than it was before; the message names which. */
export class BenchFailedError extends defineError('CLI_BENCH_FAILED', {
  retryable: false,
  httpStatus: 409,
}) {}
