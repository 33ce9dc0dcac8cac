import { defineError } from '@ddmq/common/errors'

/** The config tree holds no node for this instance. Add the proxy in the console, or correct `advertisedHost` and `port`. */
export class OwnNodeMissingError extends defineError('CPROXY_OWN_NODE_MISSING', {
  retryable: false,
  httpStatus: 503,
}) {}

/** A group document breaks a rule; the previous one stays in force. The message names the field. */
export class GroupInvalidError extends defineError('CPROXY_GROUP_INVALID', {
  retryable: false,
  httpStatus: 400,
}) {}

/** A subscription asks for something this version does not do. Change it; the group's other subscriptions run. */
export class SubscriptionUnsupportedError extends defineError('CPROXY_SUBSCRIPTION_UNSUPPORTED', {
  retryable: false,
  httpStatus: 400,
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
