import {
  type LogRecord,
  type PartitionId,
  type ReadResult,
  StorageError,
  type StoredRecord,
  type TopicSpec,
} from '@ddmq/storage'

/** As the brokers know it: all its records count once it is committed, none before. */
export interface BrokerTransaction {
  readonly id: string
  state: 'open' | 'committed' | 'aborted'
  /** Place of the decision among all writes of the cluster. */
  decidedAt: number
  readonly partitions: Set<SimulatedPartition>
  /** Partitions that have heard of the decision, and when. */
  readonly marked: Map<SimulatedPartition, number>
}

/** When something is written. */
export interface Stamp {
  /** Place among all writes of the cluster. */
  readonly writtenAt: number
  readonly writtenMs: number
}

/** `record` undefined: the marker that ends a transaction. */
interface LogEntry extends Stamp {
  readonly offset: number
  readonly record: LogRecord | undefined
  readonly transaction?: BrokerTransaction
  /** Place at which compaction took it away. */
  removedAt?: number
}

interface Epoch {
  readonly epoch: number
  readonly startOffset: number
}

/**
 * One partition: its records, what readers of committed records see of it, and what compaction and power loss leave.
 *
 * Readers see the log up to the first record of an open transaction (the last stable offset).
 */
export class SimulatedPartition {
  readonly topic: TopicSpec & { readonly topicId: string }
  readonly id: PartitionId
  readonly waiters = new Set<() => void>()
  /** A replica nearby that is behind: what it has not got yet. Undefined: as far as the leader. */
  replicaEnd: number | undefined
  /** What `identity` answers although it is older; undefined: the truth. */
  staleEnd: number | undefined
  #entries: LogEntry[] = []
  #end = 0
  #epochs: Epoch[] = [{ epoch: 0, startOffset: 0 }]

  constructor(topic: TopicSpec & { readonly topicId: string }, id: PartitionId) {
    this.topic = topic
    this.id = id
  }

  get endOffset(): number {
    return this.#end
  }

  get epoch(): number {
    return this.#epochs.at(-1)?.epoch ?? 0
  }

  get lastStableOffset(): number {
    const isOpen = ({ transaction }: LogEntry): boolean =>
      transaction !== undefined && !transaction.marked.has(this)
    return this.#entries.find(isOpen)?.offset ?? this.#end
  }

  write(records: readonly (LogRecord | undefined)[], stamp: Stamp, transaction?: BrokerTransaction): number {
    const baseOffset = this.#end
    for (const record of records) {
      const stored = record === undefined ? undefined : this.#stored(record, stamp.writtenMs)
      const entry = { ...stamp, offset: this.#end++, record: stored }
      this.#entries.push(transaction === undefined ? entry : { ...entry, transaction })
    }
    transaction?.partitions.add(this)
    this.wake()
    return baseOffset
  }

  wake(): void {
    for (const waiter of this.waiters) waiter()
  }

  /** What a reader of committed records gets from an offset on. */
  read(
    offset: number,
    maxBytes: number,
    fromLeader: boolean,
  ): Pick<ReadResult, 'records' | 'nextOffset' | 'endOffset'> {
    if (offset < 0 || offset > this.#end) {
      const place = `${this.topic.topic}/${this.id}`
      throw new StorageError('offsetOutOfRange', `offset ${offset} of ${place} is not in 0…${this.#end}`)
    }
    const endOffset = this.#readableEnd(fromLeader)
    const records: StoredRecord[] = []
    let bytes = 0
    for (const { offset: at, record } of this.committed()) {
      if (at < offset || at >= endOffset) continue
      bytes += sizeOf(record)
      if (records.length > 0 && bytes > maxBytes) return { records, nextOffset: at, endOffset }
      records.push({ ...record, offset: at })
    }
    return { records, nextOffset: Math.max(offset, endOffset), endOffset }
  }

  /** Every record that counts and is still held, in order, those behind the last stable offset included. */
  *committed(): Generator<LogEntry & { readonly record: LogRecord; readonly readableMs: number }> {
    for (const entry of this.#entries) {
      const { record, transaction, writtenMs, removedAt } = entry
      if (record === undefined || removedAt !== undefined) continue
      const markedMs = transaction?.marked.get(this)
      if (transaction !== undefined && (transaction.state !== 'committed' || markedMs === undefined)) continue
      yield { ...entry, record, readableMs: markedMs ?? writtenMs }
    }
  }

  /** Below the offset only the latest record of each key stays, and of those no tombstone that is old enough. */
  compact(below: number, tombstonesUntilMs: number, removedAt: number): void {
    const limit = Math.min(below, this.lastStableOffset)
    const latest = new Map<string, number>()
    for (const { offset, record } of this.committed()) if (offset < limit) latest.set(keyOf(record), offset)
    for (const entry of this.#entries) {
      const { offset, record, removedAt: gone } = entry
      if (offset >= limit || record === undefined || gone !== undefined) continue
      const isOld = record.value === null && entry.writtenMs <= tombstonesUntilMs
      if (latest.get(keyOf(record)) !== offset || isOld) entry.removedAt = removedAt
    }
  }

  /** Another leader: nothing is lost, but a new epoch begins. */
  elect(): void {
    this.#epochs.push({ epoch: this.epoch + 1, startOffset: this.#end })
  }

  /** What was written after that moment never was; compaction after it neither. */
  cutAfter(writtenAt: number): void {
    const kept = this.#entries.filter(entry => entry.writtenAt <= writtenAt)
    this.#end = this.#entries.find(entry => entry.writtenAt > writtenAt)?.offset ?? this.#end
    for (const entry of kept) {
      const { transaction } = entry
      if (transaction !== undefined && transaction.decidedAt > writtenAt) transaction.state = 'aborted'
      if (entry.removedAt !== undefined && entry.removedAt > writtenAt) delete entry.removedAt
    }
    this.#entries = kept
    const epoch = this.epoch + 1
    this.#epochs = this.#epochs.filter(({ startOffset }) => startOffset < this.#end || startOffset === 0)
    this.#epochs.push({ epoch, startOffset: this.#end })
    this.wake()
  }

  /** The first offset at which the log may differ from what was read of it under that epoch. */
  endOfEpoch(epoch: number): number {
    return this.#epochs.find(next => next.epoch > epoch)?.startOffset ?? this.#end
  }

  offsetAt(timeMs: number): number {
    for (const { offset, record } of this.committed()) if (record.timestampMs >= timeMs) return offset
    return this.#end
  }

  #readableEnd(fromLeader: boolean): number {
    const known = fromLeader ? undefined : this.replicaEnd
    return Math.min(this.lastStableOffset, known ?? this.#end)
  }

  #stored(record: LogRecord, logMs: number): LogRecord {
    return {
      key: record.key === null ? null : Buffer.from(record.key),
      value: record.value === null ? null : Buffer.from(record.value),
      headers: record.headers.map(({ name, value }) => ({ name, value: Buffer.from(value) })),
      timestampMs: this.topic.appendTime ? logMs : record.timestampMs,
    }
  }
}

export function sizeOf({ key, value }: LogRecord): number {
  return 64 + (key?.length ?? 0) + (value?.length ?? 0)
}

function keyOf({ key }: LogRecord): string {
  return key === null ? '' : Buffer.from(key).toString('latin1')
}
