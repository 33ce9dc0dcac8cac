import { type DelayId, lastRound, roundOf } from '@ddmq/common/delay'
import { RETRY_WINDOW_MS } from './delay-table.ts'

/**
 * Until when a cancel has to be remembered: no round of the message is due later, and no retry of its add arrives. `first`: round 0;
 * the last round is taken to be due at the end of its second, as an id does not say at which millisecond it is.
 */
export function cancelUntilMs(first: DelayId, nowMs: number): number {
  const lastDueMs = roundOf(first, Math.max(0, lastRound(first))).timestamp * 1000 + 999
  return Math.max(lastDueMs, nowMs) + RETRY_WINDOW_MS
}
