import type { IndexParts } from './index-parts.ts'
import type { OrderedStore } from './ordered-store.ts'
import { AFTER_ALL_MS } from './times.ts'

/** When the earliest round that is set aside is due; a time after all when there is none. Raises the marks of the topics. */
export async function earliestAsideMs(
  store: OrderedStore,
  { keys, aside }: Pick<IndexParts, 'keys' | 'aside'>,
): Promise<number> {
  let earliestMs = AFTER_ALL_MS
  for (const topic of aside.names()) {
    const { gte, lt } = keys.asideBetween(topic, aside.lowMs(topic), AFTER_ALL_MS)
    const [first] = await store.scan({ gte, lt, limit: 1, values: false })
    if (first === undefined) continue
    const { timeMs } = keys.ofTopicOf(first.key)
    aside.raiseLow(topic, timeMs)
    earliestMs = Math.min(earliestMs, timeMs)
  }
  return earliestMs
}
