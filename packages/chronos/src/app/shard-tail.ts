/** Hot path: once per read of a shard. */
import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import {
  type LogCluster,
  type LogIdentity,
  type PartitionId,
  type ReadResult,
  StorageError,
  type StoredRecord,
} from '@ddmq/storage'
import { BARRIER_KEY } from '@ddmq/storage/delay'
import { missedTooMuch, problemOfPosition } from '../core/position-check.ts'
import type { ShardIndex } from '../store/shard-index.ts'

const READ_BYTES = 1024 * 1024
const READ_DEADLINE_MS = 10_000

export interface ShardTailDeps {
  readonly cluster: LogCluster
  readonly topic: string
  readonly shard: PartitionId
  readonly index: ShardIndex
  readonly clock: Clock
  readonly log: Logger
  /** Of the table: how long its tombstones are kept. */
  readonly tombstoneRetentionMs: number
  /** Waits for its turn with heavy work (see `Turns`). */
  readonly turn: (records: number) => Promise<void>
}

export interface BarrierSeen {
  readonly nonce: string
  readonly offset: number
  /** When it was appended, by the log's clock. */
  readonly logTimeMs: number
}

/**
 * Follows one partition of the table: what is read is applied to the index before anybody hears of it.
 *
 * T1 An index that cannot follow the log is built anew from its start (I7), as soon as that is known: when it is opened, and
 *    whenever the end of the log is reached. Clocks of this machine have no say in it: all times are those of the log.
 */
export class ShardTail {
  readonly #deps: ShardTailDeps
  #topicId = ''
  /** Of the log when it was read last. */
  #epoch = 0
  #offset = 0
  /** As the last read saw it. */
  #endOffset = Number.POSITIVE_INFINITY
  /** Of the newest record that was read. */
  #logMs = 0
  #caughtUpMs = 0
  #endSeenMs = 0
  #barrier: BarrierSeen | undefined

  private constructor(deps: ShardTailDeps) {
    this.#deps = deps
  }

  /** Goes on where the index stands, or from the start of the log. */
  static async open(deps: ShardTailDeps): Promise<ShardTail> {
    const tail = new ShardTail(deps)
    await tail.#begin()
    return tail
  }

  /** Of the log that answered last. */
  get epoch(): number {
    return this.#epoch
  }

  /** Next offset to read; everything before it is in the index. */
  get offset(): number {
    return this.#offset
  }

  /** End of the log as the last read saw it: what was acknowledged before that read began lies before it. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** Records that are known to be there and not read yet; undefined before the first answer. */
  get lag(): number | undefined {
    return this.#endOffset === Number.POSITIVE_INFINITY ? undefined : this.#endOffset - this.#offset
  }

  /** Wall clock when the end of the log was seen last; 0 before. */
  get endSeenMs(): number {
    return this.#endSeenMs
  }

  /** The last barrier that was read. */
  get barrier(): BarrierSeen | undefined {
    return this.#barrier
  }

  /** Reads on, waiting up to `maxWaitMs` for something to read. False when the log did not answer: nothing is known then. */
  async read(maxWaitMs: number, signal: AbortSignal): Promise<boolean> {
    const { cluster, topic, shard } = this.#deps
    const read = cluster.read(
      [{ topic, partition: shard, offset: this.#offset }],
      { maxBytes: READ_BYTES, maxWaitMs, fromLeader: true },
      { deadlineMs: maxWaitMs + READ_DEADLINE_MS, signal },
    )
    return this.#take(await read)
  }

  /** Nothing here holds the records while they are applied (D4 of `DelayIndex`). */
  async #take([result]: readonly ReadResult[]): Promise<boolean> {
    const { topic, shard, cluster, turn } = this.#deps
    if (result === undefined)
      throw new StorageError('retriable', `topic ${topic} partition ${shard}: no answer`)
    if (result.error !== undefined) throw result.error
    const { records, nextOffset, endOffset, epoch } = result
    if (epoch === undefined) return false
    await turn(records.length)
    if (epoch !== this.#epoch && (await this.#hasForked())) return false
    this.#epoch = epoch
    const isAtEnd = nextOffset >= Math.min(endOffset, this.#endOffset)
    for (const { timestampMs } of records) this.#logMs = Math.max(this.#logMs, timestampMs)
    if (isAtEnd && this.#hasMissed()) {
      await this.#rebuild('it has not followed the log for too long', await cluster.identity(topic, shard))
      return false
    }
    if (isAtEnd) this.#caughtUpMs = this.#logMs
    const position = { topicId: this.#topicId, epoch, offset: nextOffset, caughtUpMs: this.#caughtUpMs }
    const isApplied = nextOffset === this.#offset ? undefined : this.#deps.index.apply(records, position)
    return this.#taken(isApplied, { nextOffset, endOffset, barrier: barrierOf(records) })
  }

  async #taken(
    isApplied: Promise<void> | undefined,
    {
      nextOffset,
      endOffset,
      barrier,
    }: {
      readonly nextOffset: number
      readonly endOffset: number
      readonly barrier: BarrierSeen | undefined
    },
  ): Promise<boolean> {
    await isApplied
    if (barrier !== undefined) this.#barrier = barrier
    this.#offset = nextOffset
    this.#endOffset = endOffset
    if (nextOffset === endOffset) this.#endSeenMs = this.#deps.clock.nowMs()
    return true
  }

  /** Somebody else leads the log since the last read: did it lose what is in the index? */
  async #hasForked(): Promise<boolean> {
    const { cluster, topic, shard } = this.#deps
    if ((await cluster.endOfEpoch(topic, shard, this.#epoch)) >= this.#offset) return false
    await this.#rebuild('the log has lost records that it holds', await cluster.identity(topic, shard))
    return true
  }

  #hasMissed(): boolean {
    // An index that is being built has read all from the start.
    if (this.#caughtUpMs === 0) return false
    return missedTooMuch(this.#caughtUpMs, this.#logMs, this.#deps.tombstoneRetentionMs)
  }

  async #begin(): Promise<void> {
    const { cluster, topic, shard, index } = this.#deps
    const { position } = index
    const identity = await cluster.identity(topic, shard)
    const endOfEpoch = position === undefined ? 0 : await cluster.endOfEpoch(topic, shard, position.epoch)
    const problem = problemOfPosition(position, { identity, endOfEpoch })
    if (problem !== undefined || position === undefined) {
      return this.#rebuild(position === undefined ? undefined : problem, identity)
    }
    this.#topicId = position.topicId
    this.#epoch = position.epoch
    this.#offset = position.offset
    this.#caughtUpMs = position.caughtUpMs
    this.#logMs = position.caughtUpMs
  }

  async #rebuild(reason: string | undefined, { topicId, epoch, startOffset }: LogIdentity): Promise<void> {
    const { cluster, topic, shard, index, log } = this.#deps
    const where = { cluster: cluster.clusterName, topic, shard, reason }
    if (reason !== undefined) log.warn(where, `the index of shard ${shard} is built anew: ${reason}`)
    await index.reset({ topicId, epoch, offset: startOffset, caughtUpMs: 0 })
    this.#topicId = topicId
    this.#epoch = epoch
    this.#offset = startOffset
    this.#endOffset = Number.POSITIVE_INFINITY
    this.#logMs = 0
    this.#caughtUpMs = 0
    this.#barrier = undefined
  }
}

/** The last barrier among them. */
function barrierOf(records: readonly StoredRecord[]): BarrierSeen | undefined {
  for (let at = records.length - 1; at >= 0; at--) {
    const record = records[at]
    if (record === undefined || record.key === null || record.value === null) continue
    if (record.key.length !== 1 || record.key[0] !== BARRIER_KEY[0]) continue
    const { offset, timestampMs } = record
    return { nonce: Buffer.from(record.value).toString(), offset, logTimeMs: timestampMs }
  }
  return undefined
}
