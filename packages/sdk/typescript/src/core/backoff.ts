/** Pause before retry `retry` (1, 2, …): doubles from `baseMs` up to `maxMs`, the upper half of it random. */
export function backoffMs(retry: number, baseMs: number, maxMs: number, random: () => number): number {
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(retry - 1, 30))
  return ceilingMs / 2 + (ceilingMs / 2) * random()
}
