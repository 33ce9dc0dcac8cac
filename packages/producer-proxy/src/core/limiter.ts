import type { Admission, TwoRateLimiter } from './rate-limit.ts'

export type LimitedBy = 'topic' | 'node'

/** What the limits did to a request; counted where it happens. */
export interface LimitCounts {
  readonly warned: Record<LimitedBy, number>
  readonly refused: Record<LimitedBy, number>
}

/**
 * Takes `count` messages from one limit and notes the outcome. A token taken from the topic's limit is not given back when
 * the node refuses (producer-proxy.md §12).
 */
export function takeFrom(
  limiter: TwoRateLimiter,
  by: LimitedBy,
  count: number,
  counts: LimitCounts,
): boolean {
  const admission: Admission = limiter.tryTake(count)
  if (admission === 'passed') return true
  if (admission === 'warned') {
    counts.warned[by] += count
    return true
  }
  counts.refused[by] += count
  return false
}
