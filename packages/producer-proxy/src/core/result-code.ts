import type { StorageErrorKind } from '@ddmq/storage'

/** Result codes of the producer service and their texts, both on the wire (producer-proxy.md §5.1). */
export const RESULT_CODE = {
  OK: 0,
  FAIL_UNKNOWN: 10,
  FAIL_ILLEGAL_MSG: 11,
  FAIL_TIMEOUT: 12,
  FAIL_TOPIC_NOT_ALLOWED: 13,
  FAIL_TOPIC_NOT_EXIST: 14,
  FAIL_REFUSED_BY_RATE_LIMITER: 15,
  FAIL_TOPIC_IS_NOT_DELAY: 18,
  FAIL_TOPIC_IS_DELAY: 19,
  FAIL_SERVER_SHUTDOWN: 20,
  FAIL_NO_PRODUCER_FOR_CLUSTER: 21,
  FAIL_ILLEGAL_UNIQ_DELAY_MSG_ID: 30,
  FAIL_ILLEGAL_DELAY_MSG_TYPE: 31,
  FAIL_ILLEGAL_DELAY_ACTION: 32,
  FAIL_ILLEGAL_DELAY_TIMESTAMP: 33,
  FAIL_ILLEGAL_DELAY_INNER_TOPIC_SEQ: 34,
  FAIL_ILLEGAL_DELAY_LOOP_TIMES: 35,
  FAIL_ILLEGAL_DELAY_LOOP_EXPIRE: 36,
  FAIL_ILLEGAL_DELAY_LOOP_INTERVAL: 37,
  FAIL_ILLEGAL_DELAY_LOOP_EXPONENT_BASE: 38,
} as const

export type ResultName = keyof typeof RESULT_CODE

const TEXTS: Readonly<Record<ResultName, string>> = {
  OK: 'OK',
  FAIL_UNKNOWN: 'FAILED: unknown reason.',
  FAIL_ILLEGAL_MSG: 'FAILED: Message is too large or illegal or the length is 0',
  FAIL_TIMEOUT: 'FAILED: Send timeout',
  FAIL_TOPIC_NOT_ALLOWED: 'FAILED: Topic is not in the proxy white list',
  FAIL_TOPIC_NOT_EXIST: 'FAILED: Topic do not exist!',
  FAIL_REFUSED_BY_RATE_LIMITER: 'FAILED: Refused by the rate limiter.',
  FAIL_TOPIC_IS_NOT_DELAY: 'FAILED: Topic is not delay',
  FAIL_TOPIC_IS_DELAY: 'FAILED: Topic is delay',
  FAIL_SERVER_SHUTDOWN: 'FAILED: Server is shutting down.',
  FAIL_NO_PRODUCER_FOR_CLUSTER: 'FAILED: no producer for cluster.',
  FAIL_ILLEGAL_UNIQ_DELAY_MSG_ID: 'FAILED: Illegal uniqDelayMsgId.',
  FAIL_ILLEGAL_DELAY_MSG_TYPE: 'FAILED: Illegal dMsgType.',
  FAIL_ILLEGAL_DELAY_ACTION: 'FAILED: Illegal delay action.',
  FAIL_ILLEGAL_DELAY_TIMESTAMP: 'FAILED: Illegal delay timestamp.',
  FAIL_ILLEGAL_DELAY_INNER_TOPIC_SEQ: 'FAILED: Illegal delay innerTopicSeq.',
  FAIL_ILLEGAL_DELAY_LOOP_TIMES: 'FAILED: Illegal delay loopTimes.',
  FAIL_ILLEGAL_DELAY_LOOP_EXPIRE: 'FAILED: Illegal delay expire, expire must be greater than timestamp.',
  FAIL_ILLEGAL_DELAY_LOOP_INTERVAL: 'FAILED: Illegal delay interval, interval can not be less than 3.',
  FAIL_ILLEGAL_DELAY_LOOP_EXPONENT_BASE: 'FAILED: Illegal delay exponent base, base can not be less than 2.',
}

/** How a request ended. `code` and `msg` stand on the wire, so an outcome is a reply as it is. */
export interface Outcome {
  readonly name: ResultName
  readonly code: number
  readonly msg: string
  /** Of delay requests: the id in the reply. Not there: it is empty; undefined: the reply has none. */
  readonly uniqDelayMsgId?: string | undefined
}

const OUTCOMES: Readonly<Record<ResultName, Outcome>> = {
  OK: outcome('OK'),
  FAIL_UNKNOWN: outcome('FAIL_UNKNOWN'),
  FAIL_ILLEGAL_MSG: outcome('FAIL_ILLEGAL_MSG'),
  FAIL_TIMEOUT: outcome('FAIL_TIMEOUT'),
  FAIL_TOPIC_NOT_ALLOWED: outcome('FAIL_TOPIC_NOT_ALLOWED'),
  FAIL_TOPIC_NOT_EXIST: outcome('FAIL_TOPIC_NOT_EXIST'),
  FAIL_REFUSED_BY_RATE_LIMITER: outcome('FAIL_REFUSED_BY_RATE_LIMITER'),
  FAIL_TOPIC_IS_NOT_DELAY: outcome('FAIL_TOPIC_IS_NOT_DELAY'),
  FAIL_TOPIC_IS_DELAY: outcome('FAIL_TOPIC_IS_DELAY'),
  FAIL_SERVER_SHUTDOWN: outcome('FAIL_SERVER_SHUTDOWN'),
  FAIL_NO_PRODUCER_FOR_CLUSTER: outcome('FAIL_NO_PRODUCER_FOR_CLUSTER'),
  FAIL_ILLEGAL_UNIQ_DELAY_MSG_ID: outcome('FAIL_ILLEGAL_UNIQ_DELAY_MSG_ID'),
  FAIL_ILLEGAL_DELAY_MSG_TYPE: outcome('FAIL_ILLEGAL_DELAY_MSG_TYPE'),
  FAIL_ILLEGAL_DELAY_ACTION: outcome('FAIL_ILLEGAL_DELAY_ACTION'),
  FAIL_ILLEGAL_DELAY_TIMESTAMP: outcome('FAIL_ILLEGAL_DELAY_TIMESTAMP'),
  FAIL_ILLEGAL_DELAY_INNER_TOPIC_SEQ: outcome('FAIL_ILLEGAL_DELAY_INNER_TOPIC_SEQ'),
  FAIL_ILLEGAL_DELAY_LOOP_TIMES: outcome('FAIL_ILLEGAL_DELAY_LOOP_TIMES'),
  FAIL_ILLEGAL_DELAY_LOOP_EXPIRE: outcome('FAIL_ILLEGAL_DELAY_LOOP_EXPIRE'),
  FAIL_ILLEGAL_DELAY_LOOP_INTERVAL: outcome('FAIL_ILLEGAL_DELAY_LOOP_INTERVAL'),
  FAIL_ILLEGAL_DELAY_LOOP_EXPONENT_BASE: outcome('FAIL_ILLEGAL_DELAY_LOOP_EXPONENT_BASE'),
}

/** One shared object per result; with a reason a new one, whose text begins with the one on the wire and then says why. */
export function outcomeOf(name: ResultName, reason?: string): Outcome {
  const shared = OUTCOMES[name]
  return reason === undefined ? shared : { name, code: shared.code, msg: `${shared.msg}: ${reason}` }
}

/**
 * What a failure of the storage means to the caller. `outcomeUnknown` is 12, which says just that; `overload` is 15: nothing
 * was stored, come back later, and the proxy is not to blame.
 */
export const RESULT_OF_STORAGE_ERROR: Readonly<Record<StorageErrorKind, ResultName>> = {
  retriable: 'FAIL_UNKNOWN',
  outcomeUnknown: 'FAIL_TIMEOUT',
  fenced: 'FAIL_UNKNOWN',
  overload: 'FAIL_REFUSED_BY_RATE_LIMITER',
  tooLarge: 'FAIL_ILLEGAL_MSG',
  unknownTopic: 'FAIL_TOPIC_NOT_EXIST',
  topicExists: 'FAIL_UNKNOWN',
  invalid: 'FAIL_ILLEGAL_MSG',
  offsetOutOfRange: 'FAIL_UNKNOWN',
  unavailable: 'FAIL_UNKNOWN',
  corrupt: 'FAIL_UNKNOWN',
}

function outcome(name: ResultName): Outcome {
  return { name, code: RESULT_CODE[name], msg: TEXTS[name] }
}
