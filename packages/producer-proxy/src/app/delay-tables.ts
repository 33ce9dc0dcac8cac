import type { Clock } from '@ddmq/common/clock'
import { type LiveClusters, type LogRecord, type PartitionId, StorageError } from '@ddmq/storage'
import { delayTableTopic } from '@ddmq/storage/delay'
import { type Outcome, outcomeOf } from '../core/result-code.ts'
import type { ActiveTopic } from './active-topic.ts'
import { targetOf } from './choose-target.ts'
import type { Failures } from './failures.ts'
import { inTime, partitionsOf } from './partitions-of.ts'
import { Target } from './target.ts'
import type { TopicTable } from './topic-table.ts'

/** The table of delayed messages in one broker cluster. */
export interface DelayTable {
  readonly target: Target
  readonly topic: string
  /** The partition of `seq` n at index n. */
  readonly partitions: readonly PartitionId[]
}

/** One partition of a table. */
export interface DelayPlace {
  readonly table: Pick<DelayTable, 'target' | 'topic'>
  readonly partition: PartitionId
}

export interface DelayTablesDeps {
  readonly table: TopicTable
  readonly clusters: Pick<LiveClusters, 'isConnecting'>
  readonly failures: Failures
  readonly clock: Clock
}

/** A record for the table, and the id of the message it is about. */
export interface DelayRecord {
  readonly id: string
  readonly record: LogRecord
  /** When the caller's time is over (monotonic). */
  readonly dueMs: number
}

/** Finds the tables that the delay messages of a topic are kept in. Its own document names them by their prefix. */
export class DelayTables {
  readonly #deps: DelayTablesDeps

  constructor(deps: DelayTablesDeps) {
    this.#deps = deps
  }

  /**
   * The table in one cluster of the topic, not later than `dueMs` (monotonic), or 21 where nothing serves the cluster. Throws
   * `unknownTopic` where the cluster has none.
   */
  async in(topic: ActiveTopic, index: number, dueMs: number): Promise<DelayTable | Outcome> {
    const { table, clusters, clock } = this.#deps
    const target = targetOf(topic, index, clusters)
    if (!(target instanceof Target)) return target
    const { cluster } = target
    const name = delayTableTopic(table.innerTopicPrefix)
    try {
      return { target, topic: name, partitions: await partitionsOf(cluster, name, clock, dueMs) }
    } catch (cause) {
      if (!isUnknown(cause)) throw cause
      const missing = `broker cluster ${cluster.clusterName} has no table of delayed messages (${name})`
      throw new StorageError('unknownTopic', missing, { cause })
    }
  }

  /** The place of a `seq` in one cluster; undefined where the table has no such partition. */
  async place(
    topic: ActiveTopic,
    index: number,
    seq: number,
    dueMs: number,
  ): Promise<DelayPlace | Outcome | undefined> {
    const table = await this.in(topic, index, dueMs)
    if ('code' in table) return table
    const known = table.partitions[seq]
    const partition = known ?? ((await this.#isAdded(table, seq, dueMs)) ? `${seq}` : undefined)
    return partition === undefined ? undefined : { table, partition }
  }

  /** The reply names the id when the record is stored, and when it may be: so that its sender can cancel it all the same. */
  async append(topic: ActiveTopic, place: DelayPlace, { id, record, dueMs }: DelayRecord): Promise<Outcome> {
    const { clock, failures } = this.#deps
    const deadlineMs = dueMs - clock.monotonicMs()
    if (deadlineMs <= 0) return { ...outcomeOf('FAIL_TIMEOUT'), uniqDelayMsgId: id }
    try {
      await place.table.target.batcher.append(place.table.topic, place.partition, record, { deadlineMs })
      return { ...outcomeOf('OK'), uniqDelayMsgId: id }
    } catch (thrown) {
      const outcome = failures.outcomeOf(thrown, topic, dueMs)
      return outcome.name === 'FAIL_TIMEOUT' ? { ...outcome, uniqDelayMsgId: id } : outcome
    }
  }

  /** The id may come from a proxy that learnt of an added partition before this one; only the cluster itself knows. */
  async #isAdded({ target, topic }: DelayTable, seq: number, dueMs: number): Promise<boolean> {
    try {
      await inTime(target.cluster.identity(topic, `${seq}`), this.#deps.clock, dueMs)
      return true
    } catch (thrown) {
      if (isUnknown(thrown)) return false
      throw thrown
    }
  }
}

/** There is no such table, or it has no such partition. */
export function isUnknown(thrown: unknown): thrown is StorageError {
  return thrown instanceof StorageError && thrown.kind === 'unknownTopic'
}
