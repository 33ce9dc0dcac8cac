import { defineError } from '@ddmq/common/errors'

/** A parameter of an admin request cannot be used; `details.field` names it. Correct it. */
export class DelayQueryInvalidError extends defineError('CHRONOS_QUERY_INVALID', {
  retryable: false,
  httpStatus: 400,
}) {}
