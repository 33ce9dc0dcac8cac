import { DdmqError, type DdmqErrorOptions } from '@ddmq/common/errors'

/**
 * The one classification of everything an engine can answer (architecture §3). Services map a kind to a result code and
 * never look further.
 *
 * - retriable: nothing was stored; the same call may succeed soon.
 * - outcomeUnknown: it may or may not be stored. Never answered as success.
 * - fenced: another holder took over; stop.
 * - overload: over a budget of ours; nothing was stored; back off.
 * - tooLarge, unknownTopic, topicExists, invalid: permanent, the caller's to mend.
 * - offsetOutOfRange: the position is not in the log (any more).
 * - unavailable: the engine cannot serve now (disk full, closed, no leader, too few replicas); nothing was stored.
 * - corrupt: stored data failed its check; an operator must act.
 */
export type StorageErrorKind =
  | 'retriable'
  | 'outcomeUnknown'
  | 'fenced'
  | 'overload'
  | 'tooLarge'
  | 'unknownTopic'
  | 'topicExists'
  | 'invalid'
  | 'offsetOutOfRange'
  | 'unavailable'
  | 'corrupt'

const RETRYABLE: ReadonlySet<StorageErrorKind> = new Set(['retriable', 'overload', 'unavailable'])
const HTTP_STATUS: Partial<Record<StorageErrorKind, number>> = {
  unknownTopic: 404,
  topicExists: 409,
  invalid: 400,
  tooLarge: 413,
}

/** Every failure of the storage port. Decide by `kind`. */
export class StorageError extends DdmqError {
  readonly kind: StorageErrorKind
  readonly code: string
  readonly retryable: boolean
  readonly httpStatus: number

  constructor(kind: StorageErrorKind, message: string, options?: DdmqErrorOptions) {
    super(message, options)
    this.kind = kind
    this.code = `STORAGE_${kind.replaceAll(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`
    this.retryable = RETRYABLE.has(kind)
    this.httpStatus = HTTP_STATUS[kind] ?? 503
  }
}
