/**
 * Pause before the next delivery of a message that its consumer refused `failures` times before (0 for the first
 * refusal), or undefined when the ladder is used up (consumer-proxy.md §5.3). The element −1 repeats the one before it
 * for ever; as first element it allows no retry.
 */
export function businessRetryDelay(intervals: readonly number[], failures: number): number | undefined {
  const repeatAt = intervals.indexOf(-1)
  if (repeatAt < 0 || failures < repeatAt) return intervals[failures]
  return repeatAt === 0 ? undefined : intervals[repeatAt - 1]
}

/** May a message be delivered again after `timeouts` earlier deliveries timed out? −1 means for ever. */
export function mayRetryAfterTimeout(maxRetry: number, timeouts: number): boolean {
  return maxRetry === -1 || timeouts < maxRetry
}
