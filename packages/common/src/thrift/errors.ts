import { defineError } from '../errors/index.ts'

/** The bytes end inside a value. */
export class TruncatedError extends defineError('WIRE_TRUNCATED', { retryable: false, httpStatus: 400 }) {}

/** The bytes are no Thrift: an unknown type, an endless integer, a negative size. */
export class MalformedError extends defineError('WIRE_MALFORMED', { retryable: false, httpStatus: 400 }) {}

/** Well formed but deeper or with more elements than a reader accepts. */
export class LimitExceededError extends defineError('WIRE_LIMIT_EXCEEDED', {
  retryable: false,
  httpStatus: 400,
}) {}

/** A 64-bit integer outside ±(2^53 − 1) where a number is expected. */
export class ValueOutOfRangeError extends defineError('WIRE_VALUE_OUT_OF_RANGE', {
  retryable: false,
  httpStatus: 400,
}) {}

/** A required field is absent; the message names it as `Struct.field`. */
export class MissingFieldError extends defineError('WIRE_MISSING_FIELD', {
  retryable: false,
  httpStatus: 400,
}) {}

/** The frame does not begin with a message header of the expected protocol. */
export class BadHeaderError extends defineError('WIRE_BAD_HEADER', { retryable: false, httpStatus: 400 }) {}

/** The announced frame length is ≤ 0 or above the limit. */
export class FrameSizeError extends defineError('WIRE_FRAME_SIZE', { retryable: false, httpStatus: 400 }) {}

/** Base of the exceptions an IDL declares; thrown by `readResult`, and by handlers that want to answer with one. */
export class DeclaredExceptionError extends defineError('WIRE_DECLARED_EXCEPTION', {
  retryable: false,
  httpStatus: 502,
}) {}

/** The server cannot listen; the message names host and port. The operator frees the port or chooses another. */
export class ListenFailedError extends defineError('WIRE_LISTEN_FAILED', {
  retryable: true,
  httpStatus: 500,
}) {}

/** The request never reached the kernel: it cannot have been executed. */
export class NotSentError extends defineError('WIRE_NOT_SENT', { retryable: true, httpStatus: 503 }) {
  /** The time after which the caller gave up; undefined when something else was the reason. */
  get timeoutMs(): number | undefined {
    return timeoutIn(this.details)
  }
}

/** The request was handed to the kernel and no reply came: it may have been executed. */
export class OutcomeUnknownError extends defineError('WIRE_OUTCOME_UNKNOWN', {
  retryable: true,
  httpStatus: 504,
}) {
  /** The time after which the caller gave up; undefined when the connection was lost. */
  get timeoutMs(): number | undefined {
    return timeoutIn(this.details)
  }
}

/** The server answered with a TApplicationException. Unless `closed` says otherwise, the connection stays usable. */
export class ApplicationError extends defineError('WIRE_APPLICATION', { retryable: false, httpStatus: 502 }) {
  /** One of `ApplicationExceptionType`. */
  readonly type: number

  constructor(type: number, message: string) {
    super(message, { details: { type } })
    this.type = type
  }
}

function timeoutIn(details: Readonly<Record<string, unknown>>): number | undefined {
  const timeoutMs = details['timeoutMs']
  return typeof timeoutMs === 'number' ? timeoutMs : undefined
}
