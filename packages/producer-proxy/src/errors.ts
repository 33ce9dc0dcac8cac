import { defineError } from '@ddmq/common/errors'

/**
 * The config tree has no document `/pproxy/<instance>` for this proxy. Create the node in the console, or correct
 * `advertisedHost` and `port`, which make the instance's name.
 */
export class ProxyNodeMissingError extends defineError('PRODUCER_PROXY_NODE_MISSING', {
  retryable: true,
  httpStatus: 503,
}) {}
