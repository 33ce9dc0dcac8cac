import { defineError } from '../errors/index.ts'

/**
 * A component did not start; `details.component` names it and the cause says why. What had started is stopped again.
 * The operator mends the cause and starts the process anew.
 */
export class StartFailedError extends defineError('LIFECYCLE_START_FAILED', {
  retryable: false,
  httpStatus: 500,
}) {}

/** A component failed while stopping or was not done at the deadline. Everything after it was still stopped. */
export class StopFailedError extends defineError('LIFECYCLE_STOP_FAILED', {
  retryable: false,
  httpStatus: 500,
}) {}

/** A start was interrupted: somebody asked to stop, or `startTimeoutMs` passed. */
export class StartAbortedError extends defineError('LIFECYCLE_START_ABORTED', {
  retryable: true,
  httpStatus: 503,
}) {}

/** `start` was called twice: a service lives once. A bug of the caller. */
export class AlreadyStartedError extends defineError('LIFECYCLE_ALREADY_STARTED', {
  retryable: false,
  httpStatus: 500,
}) {}
