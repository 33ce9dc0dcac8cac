import { defineError } from '../errors/index.ts'

/** The admin address cannot be listened on; `details` has host and port. Choose another port or stop who holds it. */
export class AdminListenError extends defineError('ADMIN_LISTEN_FAILED', {
  retryable: false,
  httpStatus: 500,
}) {}
