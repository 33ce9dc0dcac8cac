import { defineError } from '@ddmq/common/errors'

/** The config tree holds no usable node for this instance. Add it in the console, or correct `advertisedHost` and `port`. */
export class OwnNodeMissingError extends defineError('CPROXY_OWN_NODE_MISSING', {
  retryable: false,
  httpStatus: 503,
}) {}

/** `fetch` or `ack` was called: the low-level interface is not served by this version. Use `pull`. */
export class LowLevelUnsupportedError extends defineError('CPROXY_LOW_LEVEL_UNSUPPORTED', {
  retryable: false,
  httpStatus: 501,
}) {}

/** Positions could not be stored; the acknowledged messages may come again. The same call can be repeated. */
export class CommitFailedError extends defineError('CPROXY_COMMIT_FAILED', {
  retryable: true,
  httpStatus: 503,
}) {}
