import { Fifo } from '@ddmq/common/collections'
import type { PartitionId } from '../port/record.ts'
import type { BlockHeader } from './block.ts'
import type { PartitionAddress } from './keys.ts'
import { type LogEpochs, NO_EPOCHS } from './log-epochs.ts'
import type { StagedRecords } from './staged-records.ts'
import type { CachedBlock } from './tail-block.ts'
import type { Topic } from './topic.ts'

/**
 * What is known in memory of one partition's log. Recovered from the store at open; afterwards only a write that has
 * resolved changes it, so readers never see what is not durable.
 */
export class PartitionLog implements PartitionAddress {
  readonly topic: Topic
  readonly partition: number
  readonly id: PartitionId

  /** First offset held; retention moves it. */
  startOffset = 0
  /** Next offset to be written. */
  endOffset = 0
  logTimestampMs = 0
  appendedMs = 0
  logBytes = 0
  epochs: LogEpochs = NO_EPOCHS
  /** Of the write batch being built; undefined between batches. */
  staged: StagedRecords | undefined
  /** What the first block says, as last looked up; only of use while it starts where the log does. */
  firstBlock: BlockHeader | undefined
  /**
   * The newest blocks, oldest first, without a gap up to the end; empty when nothing is cached. The cache gives a block's
   * object to another block later: nobody keeps one across an await.
   */
  readonly tail = new Fifo<CachedBlock>()
  /** Called when there is something new to read, or nothing more to wait for. */
  readonly waiters = new Set<() => void>()

  constructor(topic: Topic, partition: number) {
    this.topic = topic
    this.partition = partition
    this.id = String(partition)
  }

  get topicNumber(): number {
    return this.topic.number
  }

  wake(): void {
    for (const waiter of this.waiters) waiter()
  }
}
