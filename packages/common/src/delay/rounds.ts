/**
 * When the rounds of a delayed message are due (chronos.md §6, §13): computed, never counted through, so that a loop with a
 * hundred million missed rounds costs what one with two does.
 *
 * Rounds are numbered from 0; "first" is always the id of round 0. A message that is delivered once has that round only.
 */
import { DELAY_TYPES, type DelayId, isLoopType } from './delay-id.ts'

/** An exponential loop's rounds are at most so far apart. */
export const LONGEST_GAP_SECONDS = 86_400

/** Round 0 of the message an id belongs to, or undefined where that would be before 1970: there is no such message. */
export function firstRound(id: DelayId): DelayId | undefined {
  if (id.timed === 0) return id
  const timestamp = id.timestamp - elapsedSeconds(id, id.timed)
  return timestamp >= 0 ? { ...id, timestamp, timed: 0 } : undefined
}

/** The id of a round, whether or not the loop gets so far. */
export function roundOf(first: DelayId, round: number): DelayId {
  if (round === 0) return first
  return { ...first, timestamp: first.timestamp + elapsedSeconds(first, round), timed: round }
}

/** The last round that is delivered; −1 when not even the first is: it would be after its expiry. */
export function lastRound(first: DelayId): number {
  if (!isLoopType(first.type)) return 0
  return Math.min(first.times - 1, roundsWithin(first, first.expire - first.timestamp))
}

/** The latest round that is due at a time, beyond the last one too; −1 before the first. */
export function latestRoundAt(first: DelayId, unixSeconds: number): number {
  return roundsWithin(first, unixSeconds - first.timestamp)
}

/** Seconds between round 0 and a round. */
function elapsedSeconds({ type, interval }: DelayId, round: number): number {
  if (type === DELAY_TYPES.once) return 0
  if (type === DELAY_TYPES.loop || interval < 2) return round * interval
  let elapsed = 0
  let gap = interval
  for (let number = 1; number <= round && gap < LONGEST_GAP_SECONDS; number++) {
    elapsed += gap
    gap *= interval
    if (gap >= LONGEST_GAP_SECONDS) return elapsed + (round - number) * LONGEST_GAP_SECONDS
  }
  return interval < LONGEST_GAP_SECONDS ? elapsed : round * LONGEST_GAP_SECONDS
}

/** The greatest round at most so many seconds after round 0; −1 when there is none. */
function roundsWithin({ type, interval }: DelayId, seconds: number): number {
  if (seconds < 0) return -1
  if (type === DELAY_TYPES.once) return 0
  if (type === DELAY_TYPES.loop || interval < 2) return wholeGaps(seconds, interval)
  let round = 0
  let left = seconds
  let gap = interval
  while (gap < LONGEST_GAP_SECONDS) {
    if (left < gap) return round
    left -= gap
    gap *= interval
    round++
  }
  return round + Math.floor(left / LONGEST_GAP_SECONDS)
}

/** A loop that stands still is due in its first round only. */
function wholeGaps(seconds: number, gap: number): number {
  return gap <= 0 ? 0 : Math.floor(seconds / gap)
}
