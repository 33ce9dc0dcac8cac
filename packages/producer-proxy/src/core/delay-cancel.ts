import { type DelayId, firstRound, parseDelayId } from '@ddmq/common/delay'
import type { DelayMessage } from '@ddmq/common/idl'
import { cancelUntilMs } from '@ddmq/storage/delay'
import { type Outcome, outcomeOf } from './result-code.ts'

export interface DelayCancel {
  readonly action: 'cancel'
  /** As the request names it. */
  readonly uniqDelayMsgId: string
  readonly first: DelayId
  /** From which round on nothing is delivered. */
  readonly round: number
  /** See `cancelUntilMs`. */
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
  const untilMs = cancelUntilMs(first, nowMs)
  return { action: 'cancel', uniqDelayMsgId, first, round: id.timed, untilMs }
}

function refused(
  name: 'FAIL_ILLEGAL_DELAY_MSG_TYPE' | 'FAIL_ILLEGAL_UNIQ_DELAY_MSG_ID',
  id: string | undefined,
): Outcome {
  return { ...outcomeOf(name), uniqDelayMsgId: id }
}
