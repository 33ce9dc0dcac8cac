import { type DelayId, firstRound, lastRound, parseDelayId, roundOf } from '@ddmq/common/delay'
import type { DelayMessage } from '@ddmq/common/idl'
import { RETRY_WINDOW_MS } from '@ddmq/storage/delay'
import { type Outcome, outcomeOf } from './result-code.ts'

export interface DelayCancel {
  readonly action: 'cancel'
  /** As the request names it. */
  readonly uniqDelayMsgId: string
  readonly first: DelayId
  /** From which round on nothing is delivered. */
  readonly round: number
  /** Until when the cancel is of use: no round is due later, and no retry of the add arrives. */
  readonly untilMs: number
}

/** Checks 5c and 6c of producer-proxy.md §14.1. An id whose first round would be before 1970 is no id either. */
export function checkCancel({ uniqDelayMsgId }: DelayMessage, nowMs: number): DelayCancel | Outcome {
  const id = parseDelayId(uniqDelayMsgId ?? '')
  if (id === 'type') return refused('FAIL_ILLEGAL_DELAY_MSG_TYPE', uniqDelayMsgId)
  const first = id === 'shape' ? undefined : firstRound(id)
  if (id === 'shape' || first === undefined || uniqDelayMsgId === undefined) {
    return refused('FAIL_ILLEGAL_UNIQ_DELAY_MSG_ID', uniqDelayMsgId)
  }
  const untilMs = Math.max(lastDueMs(first), nowMs) + RETRY_WINDOW_MS
  return { action: 'cancel', uniqDelayMsgId, first, round: id.timed, untilMs }
}

function refused(
  name: 'FAIL_ILLEGAL_DELAY_MSG_TYPE' | 'FAIL_ILLEGAL_UNIQ_DELAY_MSG_ID',
  id: string | undefined,
): Outcome {
  return { ...outcomeOf(name), uniqDelayMsgId: id }
}

/** The end of the second in which the last round is due: the id does not say at which millisecond. */
function lastDueMs(first: DelayId): number {
  const last = roundOf(first, Math.max(0, lastRound(first)))
  return last.timestamp * 1_000 + 999
}
