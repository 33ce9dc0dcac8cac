/** Codes of a send outcome: the server's own (producer-proxy.md §5.1) and, from 100, those made by the SDK (sdk.md §19.2). */
export const ResultCode = {
  ASYNC: -1,
  OK: 0,
  /** Success of a server older than this SDK. */
  CACHE_OK: 1,
  UNKNOWN: 10,
  ILLEGAL_MESSAGE: 11,
  TIMEOUT: 12,
  TOPIC_NOT_ALLOWED: 13,
  TOPIC_NOT_EXIST: 14,
  RATE_LIMITED: 15,
  TOPIC_IS_NOT_DELAY: 18,
  TOPIC_IS_DELAY: 19,
  SHUTTING_DOWN: 20,
  NO_PRODUCER_FOR_CLUSTER: 21,
  /** Not the id of a delayed message. */
  ILLEGAL_DELAY_ID: 30,
  ILLEGAL_DELAY_TYPE: 31,
  ILLEGAL_DELAY_ACTION: 32,
  /** Before the year 2001, or more than 62 days ahead. */
  ILLEGAL_DELAY_TIME: 33,
  /** The id's number of the inner topic is none that exists. */
  ILLEGAL_DELAY_SEQ: 34,
  ILLEGAL_LOOP_TIMES: 35,
  /** The end of a loop is not after its first round. */
  ILLEGAL_LOOP_EXPIRE: 36,
  ILLEGAL_LOOP_INTERVAL: 37,
  ILLEGAL_LOOP_EXPONENT: 38,
  /** The producer was closed. */
  CLIENT_STATE: 101,
  /** An option is missing or out of range. */
  INVALID_OPTIONS: 102,
  /** A text is not well-formed Unicode, so it has no UTF-8 form. */
  ENCODING: 105,
  /** `deadlineMs` passed. */
  DEADLINE_EXCEEDED: 106,
  /** Every connection was busy until the deadline; nothing was sent by the last attempt. */
  POOL_EXHAUSTED: 107,
  /** The caller's AbortSignal fired. */
  CANCELLED: 108,
  /** The endpoint answered with a Thrift exception instead of a result. */
  THRIFT_EXCEPTION: 110,
  /** Connection refused, lost, or silent. */
  NETWORK: 111,
} as const

/** True for the codes that mean "stored as configured" (−1 and 1 come from other server generations). */
export function isSuccess(code: number): boolean {
  return code === ResultCode.OK || code === ResultCode.ASYNC || code === ResultCode.CACHE_OK
}
