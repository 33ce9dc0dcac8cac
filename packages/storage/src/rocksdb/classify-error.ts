import { StorageError, type StorageErrorKind } from '../errors.ts'

/** What RocksDB's message says; its code is EIO for nearly everything. */
export type RocksFailure = 'locked' | 'corrupt' | 'noSpace' | 'io'

const PATTERNS: readonly (readonly [RegExp, RocksFailure])[] = [
  [/lock hold by|lock file|Resource temporarily unavailable/i, 'locked'],
  [/No space left|File too large|Disk quota exceeded|Max allowed space/i, 'noSpace'],
  [/Corruption|checksum mismatch|bad record|corrupted/i, 'corrupt'],
]

const KIND_OF_FAILURE: Record<RocksFailure, StorageErrorKind> = {
  locked: 'unavailable',
  corrupt: 'corrupt',
  noSpace: 'unavailable',
  io: 'unavailable',
}

/** The one place that reads RocksDB's messages. `what` says what was being done, for the operator. */
export function toStorageError(thrown: unknown, what: string): StorageError {
  if (thrown instanceof StorageError) return thrown
  const text = deepestMessage(thrown)
  const failure = failureOf(text)
  const message =
    failure === 'locked' ? `${what}: the folder is in use by another process` : `${what}: ${text}`
  return new StorageError(KIND_OF_FAILURE[failure], message, { cause: thrown, details: { failure } })
}

/**
 * Of a write that RocksDB took and then failed. For want of space its record in the write-ahead log is incomplete and
 * replay drops it, so nothing is stored; after any other I/O error it may be there.
 */
export function toWriteError(thrown: unknown, what: string): StorageError {
  const error = toStorageError(thrown, what)
  return error.details['failure'] === 'io' ? toSyncError(thrown, what) : error
}

/** Of a write that RocksDB took and that could not be made durable: it may be there, whatever the reason. */
export function toSyncError(thrown: unknown, what: string): StorageError {
  const { message, details } = toStorageError(thrown, what)
  return new StorageError('outcomeUnknown', message, { cause: thrown, details })
}

function failureOf(text: string): RocksFailure {
  return PATTERNS.find(([pattern]) => pattern.test(text))?.[1] ?? 'io'
}

function deepestMessage(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  if (thrown instanceof AggregateError) {
    const first = thrown.errors.find(inner => inner instanceof Error)
    if (first !== undefined) return deepestMessage(first)
  }
  return thrown.cause instanceof Error ? deepestMessage(thrown.cause) : thrown.message
}
