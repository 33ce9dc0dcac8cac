import { defineError } from '@ddmq/common/errors'

/** No request can be built for a message; it goes to the dead-letter topic with this text. */
export class PushRefusedError extends defineError('CPROXY_PUSH_REFUSED', {
  retryable: false,
  httpStatus: 400,
}) {}
