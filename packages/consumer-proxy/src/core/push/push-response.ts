import { LosslessNumber } from 'lossless-json'
import { isJsonObject } from '../actions/json-value.ts'
import { parseRelaxedJson } from '../actions/relaxed-json.ts'
import type { PushReply } from './ports.ts'

/** What a receiver's answer means for the message (consumer-proxy.md §13.3). */
export type Verdict =
  | 'success'
  /** Success, and the topic is to run at a tenth of its rate for a while. */
  | 'slowDown'
  /** Transport or status: the error budget decides. */
  | 'errorRetry'
  /** The receiver refused the message for now: `retryIntervals` decides. */
  | 'businessRetry'
  /** errno 1000002: again in a second, at no cost. */
  | 'freeRetry'
  /** An errno that is no number: dropped at once. */
  | 'badResponse'
  /** The client may not call this URL at all. */
  | 'refused'

const SLOW_DOWN = 1_000_000
const UNPROCESSABLE = 1_000_001
const RETRY = 1_000_002

/**
 * Total. A body that was cut off because it is too large cannot be judged if it may be an object: it counts as an error,
 * so that a hidden errno is never taken for success.
 */
export function judge(reply: PushReply): Verdict {
  if (reply.kind === 'refused') return 'refused'
  if (reply.kind === 'failed' || reply.status !== 200) return 'errorRetry'
  const { body } = reply
  if (!/^\s*\{/.test(body)) return 'success'
  if (reply.truncated) return 'errorRetry'
  return judgeErrno(readErrno(body))
}

function readErrno(body: string): unknown {
  try {
    const value = parseRelaxedJson(body)
    return isJsonObject(value) && Object.hasOwn(value, 'errno') ? value['errno'] : undefined
  } catch {
    return undefined // Not JSON: plain text, which is success.
  }
}

function judgeErrno(errno: unknown): Verdict {
  if (errno === undefined || errno === null || errno === '' || errno === 'null') return 'success'
  if (typeof errno === 'number') return judgeNumber(errno)
  if (errno instanceof LosslessNumber) return judgeNumber(Number(errno.value))
  if (typeof errno === 'boolean') return judgeNumber(errno ? 1 : 0)
  if (typeof errno !== 'string') return 'success'
  const digits = errno.replaceAll(',', '')
  return /^[+-]?\d+(\.\d*)?$/.test(digits) ? judgeNumber(Number(digits)) : 'badResponse'
}

function judgeNumber(errno: number): Verdict {
  switch (Math.trunc(errno)) {
    case 0:
    case UNPROCESSABLE:
      return 'success'
    case SLOW_DOWN:
      return 'slowDown'
    case RETRY:
      return 'freeRetry'
    default:
      return 'businessRetry'
  }
}
