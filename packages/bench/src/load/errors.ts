import { defineError } from '@ddmq/common/errors'

/** `submit` was answered with false: whoever pulled the messages will get them again. */
export class NotAcknowledgedError extends defineError('BENCH_NOT_ACKNOWLEDGED', {
  retryable: false,
  httpStatus: 409,
}) {}
