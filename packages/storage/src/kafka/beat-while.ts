import type { Clock } from '@ddmq/common/clock'

/** Calls `beat`, which must not reject, every so often until what is waited for is there; one call at a time. */
export async function beatWhile<Value>(
  waited: Promise<Value>,
  clock: Clock,
  everyMs: number,
  beat: () => Promise<void>,
): Promise<Value> {
  const over = new AbortController()
  void beatUntil(over.signal, clock, everyMs, beat)
  try {
    return await waited
  } finally {
    over.abort()
  }
}

async function beatUntil(
  over: AbortSignal,
  clock: Clock,
  everyMs: number,
  beat: () => Promise<void>,
): Promise<void> {
  while (!over.aborted) {
    // Rejects only when it is over.
    await clock.sleep(everyMs, over).catch(() => undefined)
    if (!over.aborted) await beat()
  }
}
