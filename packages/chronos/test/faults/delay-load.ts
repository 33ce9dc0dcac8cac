import { setTimeout as delay } from 'node:timers/promises'
import { formatDelayId, parseDelayId, roundOf } from '@ddmq/common/delay'
import type { LogRecord } from '@ddmq/storage'
import { eventually } from '@ddmq/testkit'
import {
  appendToShard,
  cancelOf,
  type DelayLog,
  delayedMessage,
  TopicReader,
} from '../integration/delay-log.ts'
import { SHARDS } from '../integration/delay-scene.ts'

const PATIENCE_MS = 90_000
/** Time enough to store a cancel before its message is due. */
const AHEAD_MS = 2000
const ROUNDS = 3

/** What went wrong, by the keys of deliveries; empty lists when nothing did. */
export interface Verdict {
  readonly lost: readonly string[]
  readonly twice: readonly string[]
  /** Cancelled, or of nobody. */
  readonly wrong: readonly string[]
}

export const SOUND: Verdict = { lost: [], twice: [], wrong: [] }

/** Unique messages for one topic, loops and cancels among them, and the check of what became of them, read-committed. */
export class DelayLoad {
  readonly topic: string
  #log: DelayLog
  #reader: TopicReader
  readonly #expected = new Set<string>()
  /** Cancelled, but not certainly before they were due. */
  readonly #uncertain = new Set<string>()

  constructor(log: DelayLog, topic: string) {
    this.topic = topic
    this.#log = log
    this.#reader = new TopicReader(log.cluster, topic)
  }

  /** The same log, opened anew. */
  goOn(log: DelayLog): void {
    this.#log = log
    this.#reader = new TopicReader(log.cluster, this.topic)
  }

  /** Adds so many messages, due evenly from a time on: of ten one is a loop, and one is cancelled. */
  async add(count: number, due: { readonly fromMs: number; readonly overMs: number }): Promise<void> {
    const shards = Array.from({ length: SHARDS }, () => new ShardAdds(this.topic))
    for (let index = 0; index < count; index++) {
      const dueMs = Math.floor(due.fromMs + (due.overMs * index) / count)
      const seq = index % SHARDS
      shards[seq]?.add(dueMs, { seq, kind: Math.floor(index / SHARDS) % 10 })
    }
    await Promise.all(
      shards.map(async ({ records, cancels, expected, uncertainUntil }, seq) => {
        for (const key of expected) this.#expected.add(key)
        await appendToShard(this.#log, seq, [...records, ...cancels])
        const nowMs = Date.now()
        for (const [key, dueMs] of uncertainUntil) if (dueMs <= nowMs) this.#uncertain.add(key)
      }),
    )
  }

  get expected(): number {
    return this.#expected.size
  }

  /** Deliveries so far, of one shard or of all. */
  async delivered(shard?: string): Promise<number> {
    const records = await this.#reader.readOn()
    if (shard === undefined) return records.length
    return records.filter(({ key }) => shardOf(`${key?.toString()}`) === shard).length
  }

  async untilDelivered(count: number, shard?: string): Promise<void> {
    await eventually(async () => {
      const delivered = await this.delivered(shard)
      if (delivered < count) throw new Error(`${delivered} delivered, not ${count}`)
    }, PATIENCE_MS)
  }

  /** Adds all the time until it is aborted. */
  async keepAdding(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.add(20, { fromMs: Date.now() + 100, overMs: 100 })
      await delay(100)
    }
  }

  /** When all is delivered, or it takes too long: what is there that should not be, and what is not. */
  async verdict(): Promise<Verdict> {
    // Who delivers these marks has done with everything before them.
    await this.add(SHARDS, { fromMs: Date.now(), overMs: 0 })
    const judge = async () =>
      this.#judge((await this.#reader.readOn()).map(({ key }) => `${key?.toString()}`))
    await eventually(async () => {
      if ((await judge()).lost.length > 0) throw new Error('not all is delivered')
    }, PATIENCE_MS).catch(() => undefined) // Then the verdict says what is lost.
    return judge()
  }

  #judge(keys: readonly string[]): Verdict {
    const counts = new Map<string, number>()
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
    return {
      lost: [...this.#expected].filter(key => !counts.has(key)),
      twice: [...counts].flatMap(([key, count]) => (count > 1 ? [key] : [])),
      wrong: [...counts.keys()].filter(key => !this.#expected.has(key) && !this.#uncertain.has(key)),
    }
  }
}

/** What is written to one shard, and what is to be delivered of it. */
class ShardAdds {
  readonly records: LogRecord[] = []
  readonly cancels: LogRecord[] = []
  readonly expected: string[] = []
  /** By key: when it is due. */
  readonly uncertainUntil = new Map<string, number>()
  readonly #topic: string

  constructor(topic: string) {
    this.#topic = topic
  }

  /** Kind: 1 a loop, 2 cancelled, else delivered once. */
  add(dueMs: number, { seq, kind }: { readonly seq: number; readonly kind: number }): void {
    const loop = kind === 1 ? { type: 3 as const, interval: 1, times: ROUNDS } : {}
    const { added, record } = delayedMessage(dueMs, { topic: this.#topic, seq, ...loop })
    const { id } = added
    if (kind !== 2) {
      this.records.push(record)
      for (let round = 0; round < (kind === 1 ? ROUNDS : 1); round++) {
        this.expected.push(formatDelayId(roundOf(id, round)))
      }
    } else if (dueMs > Date.now() + AHEAD_MS) {
      this.records.push(record)
      this.cancels.push(cancelOf(added))
      this.uncertainUntil.set(formatDelayId(id), dueMs)
    } else this.records.push(cancelOf(added), record)
  }
}

function shardOf(key: string): string | undefined {
  const id = parseDelayId(key)
  return typeof id === 'string' ? undefined : `${id.seq}`
}
