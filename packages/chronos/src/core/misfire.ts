import { type DelayId, lastRound, latestRoundAt } from '@ddmq/common/delay'

/** What happens when several rounds of a loop are due at once: each is delivered, only the newest, or none of them. */
export type Misfire = 'all' | 'latest' | 'skip'

/** Of rounds that were missed at most so many are delivered, the newest ones. */
export const MOST_MISSED_ROUNDS = 1_000

/** The pending round of a message. */
export interface RoundPosition {
  /** Id of round 0. */
  readonly first: DelayId
  readonly round: number
  /** Of the due second, 0 to 999. */
  readonly milliseconds: number
}

export interface RoundCut {
  /** The lowest cancelled round: that and later ones are not delivered. */
  readonly cancelledFrom?: number | undefined
  /** So many rounds at most now; those after them are pending then. */
  readonly limit?: number
}

export interface RoundsToFire {
  readonly deliver: readonly number[]
  /** What is pending after; undefined when the message is done. */
  readonly next: number | undefined
}

const ONCE: RoundsToFire = { deliver: [0], next: undefined }
const NEVER: RoundsToFire = { deliver: [], next: undefined }

/** The same for a message that is delivered once, and is due. */
export function onceToFire(cancelledFrom: number | undefined): RoundsToFire {
  return cancelledFrom === undefined || cancelledFrom > 0 ? ONCE : NEVER
}

/**
 * Which rounds of a message are delivered now, of those from its pending one on, and which is pending after (chronos.md §13).
 * Nothing is counted through: a hundred million missed rounds cost what two do. A round that is due in the very second of the
 * expiry is delivered. A round that is late alone is not missed: the next one is not due yet, or there is none.
 */
export function roundsToFire(
  { first, round, milliseconds }: RoundPosition,
  nowMs: number,
  misfire: Misfire,
  { cancelledFrom = Number.POSITIVE_INFINITY, limit = MOST_MISSED_ROUNDS }: RoundCut = {},
): RoundsToFire {
  const last = Math.min(lastRound(first), cancelledFrom - 1)
  if (round > last) return NEVER
  const newest = Math.min(latestRoundAt(first, Math.floor((nowMs - milliseconds) / 1_000)), last)
  if (newest < round) return { deliver: [], next: round }

  const missed = newest > round
  if (missed && misfire === 'skip') return { deliver: [], next: following(newest, last) }
  const from = missed && misfire === 'latest' ? newest : Math.max(round, newest - MOST_MISSED_ROUNDS + 1)
  const deliver = Array.from({ length: Math.min(limit, newest - from + 1) }, (_, index) => from + index)
  return { deliver, next: following(from + deliver.length - 1, last) }
}

function following(round: number, last: number): number | undefined {
  return round < last ? round + 1 : undefined
}
