import { defineError } from '@ddmq/common/errors'

/** A subscription's action list cannot be run by this version. Change the list; the message names the action. */
export class UnsupportedActionError extends defineError('CPROXY_ACTION_UNSUPPORTED', {
  retryable: false,
  httpStatus: 400,
}) {}

/** An action could not be applied to a message; the message goes to the dead-letter topic with this text. */
export class ActionFailedError extends defineError('CPROXY_ACTION_FAILED', {
  retryable: false,
  httpStatus: 422,
}) {}
