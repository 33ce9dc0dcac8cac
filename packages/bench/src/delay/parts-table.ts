import type { DelayIndex } from '@ddmq/chronos/store'
import type { StoredRecord } from '@ddmq/storage'
import { delayTableSpec } from '@ddmq/storage/delay'
import type { EmbeddedCluster } from '@ddmq/storage/embedded'

/** Of the topic that the messages of the table are delivered to. */
export const PARTS_PARTITIONS = 4
export const PARTS_TOPIC = 'later'
const PREFIX = 'R_bench_'
const CALL = { deadlineMs: 60_000 }
const LIMITS = { maxBytes: 4 * 1024 * 1024, maxWaitMs: 0, fromLeader: true }

/** One shard of a table, and how far it is in the index. */
export class PartsTable {
  readonly topic = delayTableSpec(PREFIX, 1).topic
  readonly cluster: EmbeddedCluster
  readonly index: DelayIndex
  readonly #topicId: string
  readonly #epoch: number
  #offset = 0
  #endOffset = Number.POSITIVE_INFINITY

  private constructor(
    { cluster, index }: { readonly cluster: EmbeddedCluster; readonly index: DelayIndex },
    { topicId, epoch }: { readonly topicId: string; readonly epoch: number },
  ) {
    this.cluster = cluster
    this.index = index
    this.#topicId = topicId
    this.#epoch = epoch
  }

  static async open(cluster: EmbeddedCluster, index: DelayIndex): Promise<PartsTable> {
    const spec = delayTableSpec(PREFIX, 1)
    await cluster.admin.createTopic(spec)
    await cluster.admin.createTopic({ topic: PARTS_TOPIC, partitions: PARTS_PARTITIONS })
    const table = new PartsTable({ cluster, index }, await cluster.identity(spec.topic, '0'))
    await index.reset(table.#position)
    return table
  }

  get isBehind(): boolean {
    return this.#offset < this.#endOffset
  }

  async read(): Promise<readonly StoredRecord[]> {
    const position = { topic: this.topic, partition: '0', offset: this.#offset }
    const [result] = await this.cluster.read([position], LIMITS, CALL)
    if (result === undefined || result.error !== undefined) throw result?.error ?? new Error('no answer')
    this.#offset = result.nextOffset
    this.#endOffset = result.endOffset
    return result.records
  }

  apply(records: readonly StoredRecord[]): Promise<void> {
    return this.index.apply(records, this.#position)
  }

  get #position() {
    return { topicId: this.#topicId, epoch: this.#epoch, offset: this.#offset, caughtUpMs: Date.now() }
  }
}
