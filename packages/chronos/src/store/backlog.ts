import type { WriteBatch } from '@ddmq/storage/rocksdb'
import type { ShardKeys } from './keys.ts'
import type { OrderedStore } from './ordered-store.ts'
import { scanAll } from './scan-all.ts'
import type { TopicBacklog } from './shard-index.ts'
import { readTime, TIME_BYTES, writeTime } from './times.ts'

const HOUR_MS = 3_600_000

interface Counter {
  count: number
  bytes: number
}

interface LastChanged {
  readonly topic: string
  readonly hour: number
  readonly counter: Counter
}

/**
 * How much is pending, by topic and by the hour in which it is due. A repeated add is counted again, as looking it up would
 * cost more than all else; so each hour's counter is dropped once nothing of that hour can be pending.
 */
export class Backlog {
  readonly #topics = new Map<string, Map<number, Counter>>()
  /** Counters to write, by topic. */
  readonly #changed = new Map<string, Set<number>>()
  #droppedBefore = -1
  /** The last one changed: many of one topic and hour follow one another. Undefined when it may be gone, or is not to be written yet. */
  #last: LastChanged | undefined

  static async load(store: OrderedStore, keys: ShardKeys): Promise<Backlog> {
    const backlog = new Backlog()
    for await (const { key, value } of scanAll(store, keys.all('b'))) {
      const { topic, timeMs: hour } = keys.ofTopicOf(key)
      const counter = backlog.#counter(topic, hour)
      counter.count = readTime(value, 0)
      counter.bytes = readTime(value, TIME_BYTES)
    }
    return backlog
  }

  add(topic: string, dueMs: number, bytes: number): void {
    const counter = this.#change(topic, dueMs)
    counter.count++
    counter.bytes += bytes
  }

  remove(topic: string, dueMs: number, bytes: number): void {
    const counter = this.#change(topic, dueMs)
    counter.count = Math.max(0, counter.count - 1)
    counter.bytes = counter.count === 0 ? 0 : Math.max(0, counter.bytes - bytes)
  }

  /** Nothing is pending before that time, but for rounds of these topics. */
  dropBefore(lowMs: number, except: ReadonlySet<string>): void {
    const lowHour = Math.floor(lowMs / HOUR_MS)
    if (lowHour === this.#droppedBefore) return
    this.#droppedBefore = lowHour
    for (const [topic, hours] of this.#topics) {
      if (except.has(topic)) continue
      for (const [hour, counter] of hours) {
        if (hour >= lowHour || counter.count === 0) continue
        counter.count = 0
        counter.bytes = 0
        this.#changedHours(topic).add(hour)
      }
    }
  }

  /** Puts what changed since the last time into the batch. */
  writeTo(batch: WriteBatch, keys: ShardKeys): void {
    this.#last = undefined
    for (const [topic, changed] of this.#changed)
      for (const hour of changed) this.#write(batch, keys.backlog(topic, hour), { topic, hour })
    this.#changed.clear()
  }

  topics(): ReadonlyMap<string, TopicBacklog> {
    const sums = new Map<string, TopicBacklog>()
    for (const [topic, hours] of this.#topics) {
      let [count, bytes] = [0, 0]
      for (const counter of hours.values()) {
        count += counter.count
        bytes += counter.bytes
      }
      if (count > 0) sums.set(topic, { count, bytes })
    }
    return sums
  }

  #write(batch: WriteBatch, key: Buffer, { topic, hour }: { topic: string; hour: number }): void {
    const { count, bytes } = this.#counter(topic, hour)
    if (count > 0) {
      const value = Buffer.allocUnsafe(2 * TIME_BYTES)
      writeTime(value, count, 0)
      writeTime(value, bytes, TIME_BYTES)
      batch.put(key, value)
      return
    }
    batch.delete(key)
    const hours = this.#topics.get(topic)
    hours?.delete(hour)
    if (hours?.size === 0) this.#topics.delete(topic)
  }

  #change(topic: string, dueMs: number): Counter {
    const hour = Math.floor(dueMs / HOUR_MS)
    if (this.#last?.topic === topic && this.#last.hour === hour) return this.#last.counter
    this.#changedHours(topic).add(hour)
    const counter = this.#counter(topic, hour)
    this.#last = { topic, hour, counter }
    return counter
  }

  #counter(topic: string, hour: number): Counter {
    let hours = this.#topics.get(topic)
    if (hours === undefined) this.#topics.set(topic, (hours = new Map()))
    let counter = hours.get(hour)
    if (counter === undefined) hours.set(hour, (counter = { count: 0, bytes: 0 }))
    return counter
  }

  #changedHours(topic: string): Set<number> {
    let hours = this.#changed.get(topic)
    if (hours === undefined) this.#changed.set(topic, (hours = new Set()))
    return hours
  }
}
