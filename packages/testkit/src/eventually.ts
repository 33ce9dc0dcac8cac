import { setTimeout as delay } from 'node:timers/promises'

/** Longer than anything takes on a busy machine: a test that fails may wait. */
const LONG_MS = 30_000

/** Repeats `probe` until it returns without throwing; after `withinMs` throws what it last threw. */
export async function eventually<Value>(
  probe: () => Value | Promise<Value>,
  withinMs = LONG_MS,
): Promise<Value> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await probe()
    } catch (thrown) {
      if (performance.now() >= deadline) throw thrown
      await delay(10)
    }
  }
}
