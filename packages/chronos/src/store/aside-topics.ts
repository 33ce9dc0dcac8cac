import type { WriteBatch } from '@ddmq/storage/rocksdb'
import type { ShardKeys } from './keys.ts'
import type { OrderedStore } from './ordered-store.ts'
import { scanAll } from './scan-all.ts'
import { AFTER_ALL_MS, readTime, TIME_BYTES, writeTime } from './times.ts'

interface AsideTopic {
  count: number
  /** None of its rounds is earlier. */
  lowMs: number
  /** None is later. */
  latestMs: number
}

/** Which topics have rounds that are set aside, and between which times. The count is exact. */
export class AsideTopics {
  readonly #topics = new Map<string, AsideTopic>()
  readonly #changed = new Set<string>()

  static async load(store: OrderedStore, keys: ShardKeys): Promise<AsideTopics> {
    const aside = new AsideTopics()
    for await (const { key, value } of scanAll(store, keys.all('t')))
      aside.#topics.set(keys.nameOf(key), {
        count: readTime(value, 0),
        lowMs: readTime(value, TIME_BYTES),
        latestMs: readTime(value, 2 * TIME_BYTES),
      })
    return aside
  }

  /** A copy: what it holds does not change under the caller. */
  names(): ReadonlySet<string> {
    return new Set(this.#topics.keys())
  }

  /** Whether a round due then can be among them. */
  mayHold(topic: string, dueMs: number): boolean {
    const entry = this.#topics.get(topic)
    return entry !== undefined && dueMs >= entry.lowMs && dueMs <= entry.latestMs
  }

  lowMs(topic: string): number {
    return this.#topics.get(topic)?.lowMs ?? AFTER_ALL_MS
  }

  raiseLow(topic: string, lowMs: number): void {
    const entry = this.#topics.get(topic)
    if (entry !== undefined && lowMs > entry.lowMs) entry.lowMs = lowMs
  }

  add(topic: string, dueMs: number): void {
    const entry = this.#topics.get(topic)
    if (entry === undefined) this.#topics.set(topic, { count: 1, lowMs: dueMs, latestMs: dueMs })
    else {
      entry.count++
      entry.lowMs = Math.min(entry.lowMs, dueMs)
      entry.latestMs = Math.max(entry.latestMs, dueMs)
    }
    this.#changed.add(topic)
  }

  remove(topic: string): void {
    const entry = this.#topics.get(topic)
    if (entry === undefined) return
    entry.count--
    if (entry.count === 0) this.#topics.delete(topic)
    this.#changed.add(topic)
  }

  /** Puts what changed since the last time into the batch. */
  writeTo(batch: WriteBatch, keys: ShardKeys): void {
    for (const topic of this.#changed) {
      const entry = this.#topics.get(topic)
      if (entry === undefined) batch.delete(keys.asideTopic(topic))
      else batch.put(keys.asideTopic(topic), encode(entry))
    }
    this.#changed.clear()
  }
}

function encode({ count, lowMs, latestMs }: AsideTopic): Buffer {
  const bytes = Buffer.allocUnsafe(3 * TIME_BYTES)
  writeTime(bytes, count, 0)
  writeTime(bytes, lowMs, TIME_BYTES)
  writeTime(bytes, latestMs, 2 * TIME_BYTES)
  return bytes
}
