import type { Clock } from '@ddmq/common/clock'
import { parseDelayId } from '@ddmq/common/delay'
import { messageName } from '@ddmq/storage/delay'
import type { PendingRound, ShardIndex } from '../store/shard-index.ts'
import type { DelayQueries, DelayStats, FoundMessage, MessageQuery, ShardReport } from './delay-queries.ts'
import type { Shard } from './shard.ts'

const MINUTE_MS = 60_000
const MINUTES = 60
/** Rounds that are counted through for the histogram of a shard, and for all of one answer: firing waits meanwhile. */
const SHARD_LIMIT = 20_000
const ANSWER_LIMIT = 200_000

type ReportedShard = Pick<Shard, 'id' | 'table' | 'role' | 'lag' | 'index' | 'destinations'>

/** Where the shards of this process are. */
interface ReportedShards {
  shards(): Iterable<{ readonly cluster: string; readonly shard: ReportedShard }>
}

interface OpenShard {
  readonly cluster: string
  readonly shard: ReportedShard
  readonly index: ShardIndex
}

/** What operators are told of the shards of this process. */
export class DelayReports implements DelayQueries {
  readonly #instance: string
  readonly #clock: Clock
  readonly #service: ReportedShards

  constructor(instance: string, clock: Clock, service: ReportedShards) {
    this.#instance = instance
    this.#clock = clock
    this.#service = service
  }

  async stats(): Promise<DelayStats> {
    const open = this.#openShards()
    const limit = Math.min(SHARD_LIMIT, Math.ceil(ANSWER_LIMIT / open.length))
    const shards: ShardReport[] = []
    // One after the other, so that their firing is not held up by all of them at once.
    for (const shard of open) shards.push(await this.#reportOf(shard, limit))
    return { instance: this.#instance, shards }
  }

  async find(message: MessageQuery): Promise<FoundMessage> {
    const id = parseDelayId(message.id)
    const shards = this.#openShards().filter(
      ({ shard }) => typeof id !== 'string' && shard.id === `${id.seq}`,
    )
    for (const { cluster, shard, index } of shards) {
      const pending = await findPending(index, message)
      if (pending === undefined) continue
      const { name, round, dueMs, content } = pending
      return {
        found: true,
        cluster,
        shard: shard.id,
        role: shard.role,
        round,
        dueMs,
        bytes: content.body.length,
        cancelledFromRound: (await index.cancelled([name])).get(name) ?? null,
        asideReason: shard.destinations.reasonOf(message.topic) ?? null,
      }
    }
    return { found: false }
  }

  async #reportOf({ cluster, shard, index }: OpenShard, limit: number): Promise<ShardReport> {
    const { topics, cancels, fired } = index.statistics()
    const aside = index.asideTopics()
    const backlogs = [...topics].map(([topic, { count, bytes }]) => {
      const reason = aside.has(topic) ? shard.destinations.reasonOf(topic) : undefined
      return { topic, pending: count, bytes, asideReason: reason ?? null }
    })
    const fromMs = Math.floor(this.#clock.nowMs() / MINUTE_MS) * MINUTE_MS
    const span = { fromMs, stepMs: MINUTE_MS, steps: MINUTES }
    const counts = await index.histogram(span, limit)
    return {
      cluster,
      table: shard.table,
      shard: shard.id,
      role: shard.role,
      pending: sum(backlogs.map(({ pending }) => pending)),
      bytes: sum(backlogs.map(({ bytes }) => bytes)),
      lag: shard.lag ?? 0,
      oldestDueMs: (await index.nextDueMs()) ?? null,
      cancels,
      fired,
      topics: backlogs,
      histogram: { fromMs, stepMs: MINUTE_MS, counts, isCut: sum(counts) >= limit },
    }
  }

  #openShards(): readonly OpenShard[] {
    return [...this.#service.shards()].flatMap(({ cluster, shard }) => {
      const { index } = shard
      return index?.position === undefined ? [] : [{ cluster, shard, index }]
    })
  }
}

/** The id does not tell the millisecond, so every one is tried: nobody waits for an operator's question. */
async function findPending(index: ShardIndex, message: MessageQuery): Promise<PendingRound | undefined> {
  for (let milliseconds = 0; milliseconds < 1000; milliseconds++) {
    const pending = await index.find(messageName({ ...message, milliseconds }))
    if (pending !== undefined) return pending
  }
  return undefined
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
