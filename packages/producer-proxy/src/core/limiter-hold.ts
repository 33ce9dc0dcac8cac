/** Timeouts up to twice this leave no room to try again. */
const RESERVE_MS = 10
const LONGEST_DEFAULT_MS = 100

/**
 * How long a request refused by the limiter is held before its one further attempt (producer-proxy.md §12); undefined:
 * refused at once. `intervalMs` is the topic's `limiterFailureRetryInterval`.
 */
export function limiterHoldMs(intervalMs: number, timeoutMs: number): number | undefined {
  if (intervalMs > 0) return intervalMs
  if (intervalMs === 0) return undefined
  const room = timeoutMs - RESERVE_MS
  return room > RESERVE_MS ? Math.min(room, LONGEST_DEFAULT_MS) : undefined
}
