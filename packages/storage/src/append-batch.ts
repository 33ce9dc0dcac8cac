/** Hot path: once per batch, and once per record in it. */
import { StorageError } from './errors.ts'
import type { PendingAppend } from './pending-append.ts'
import type { AppendOutcome } from './port/cluster.ts'
import type { LogRecord, PartitionId } from './port/record.ts'

/** What waits for one lane. */
export class AppendLane {
  readonly name: string
  queue: PendingAppend[] = []
  /** The loop that sends; undefined when there is nothing to send. */
  running: Promise<void> | undefined

  constructor(name: string) {
    this.name = name
  }
}

/** Where the records of one partition wait. */
export class AppendHome {
  readonly topic: string
  readonly partition: PartitionId
  lane: AppendLane | undefined
  /** Of its records, those that are in no batch yet. */
  waiting = 0
  /** Its part of the batch that is being made; a batch is made in one turn. */
  gathering: PartitionBatch | undefined

  constructor(topic: string, partition: PartitionId) {
    this.topic = topic
    this.partition = partition
  }
}

/** The records of one partition in a batch. */
class PartitionBatch {
  readonly topic: string
  readonly partition: PartitionId
  readonly records: LogRecord[] = []
  readonly calls: PendingAppend[] = []
  readonly maxBytes: number
  bytes = 0

  constructor({ topic, partition }: AppendHome, maxBytes: number) {
    this.topic = topic
    this.partition = partition
    this.maxBytes = maxBytes
  }

  settle(outcome: AppendOutcome | undefined): void {
    const { calls } = this
    if (outcome === undefined) this.fail(new StorageError('outcomeUnknown', 'the engine gave no outcome'))
    else if ('error' in outcome) this.fail(outcome.error)
    else for (let index = 0; index < calls.length; index++) calls[index]?.succeed(outcome.baseOffset + index)
  }

  fail(error: StorageError): void {
    for (const call of this.calls) call.fail(error)
  }
}

/** What is sent together. */
export class AppendBatch {
  readonly partitions: PartitionBatch[] = []
  count = 0
  bytes = 0
  latestDueMs = 0
  readonly #maxAppendBytes: (topic: string) => number
  readonly #homes: AppendHome[] = []

  /** What an engine takes as one append of a partition is limited. */
  constructor(maxAppendBytes: (topic: string) => number) {
    this.#maxAppendBytes = maxAppendBytes
  }

  /** Answers whether the record went in. */
  tryAdd(call: PendingAppend): boolean {
    const partition = call.home.gathering ?? this.#begin(call.home)
    if (partition.bytes > 0 && partition.bytes + call.bytes > partition.maxBytes) return false
    partition.records.push(call.record)
    partition.calls.push(call)
    partition.bytes += call.bytes
    this.count++
    this.bytes += call.bytes
    if (call.dueMs > this.latestDueMs) this.latestDueMs = call.dueMs
    return true
  }

  /** Nothing more goes in. */
  close(): void {
    for (const home of this.#homes) home.gathering = undefined
    this.#homes.length = 0
  }

  settle(outcomes: readonly AppendOutcome[]): void {
    const { partitions } = this
    for (let index = 0; index < partitions.length; index++) partitions[index]?.settle(outcomes[index])
  }

  fail(error: StorageError): void {
    for (const partition of this.partitions) partition.fail(error)
  }

  #begin(home: AppendHome): PartitionBatch {
    const partition = new PartitionBatch(home, this.#maxAppendBytes(home.topic))
    home.gathering = partition
    this.#homes.push(home)
    this.partitions.push(partition)
    return partition
  }
}
