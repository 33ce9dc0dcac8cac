import { setTimeout as delay } from 'node:timers/promises'

/** Repeats `probe` until it returns without throwing; after `withinMs` throws what it last threw. */
export async function eventually<Value>(
  probe: () => Value | Promise<Value>,
  withinMs = 10_000,
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
