import { settledBefore } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import { type Append, type LogCluster, type LogRecord, StorageError } from '@ddmq/storage'
import { cutByBytes } from '../core/cut-by-bytes.ts'
import { spread } from '../core/spread.ts'

/** A topic that is not known by then waits by itself, while the others go on. */
const LOOKUP_MS = 500

/** Where deliveries go: a random partition of their topic, as it is now, in appends that the topic takes. */
export class TopicPartitions {
  readonly #cluster: Pick<LogCluster, 'partitions' | 'maxAppendBytes'>
  readonly #clock: Clock
  readonly #random: () => number

  constructor(
    cluster: Pick<LogCluster, 'partitions' | 'maxAppendBytes'>,
    clock: Clock,
    random: () => number,
  ) {
    this.#cluster = cluster
    this.#clock = clock
    this.#random = random
  }

  /** Answers the error of a topic that is not there or not known in time. */
  async spread(topic: string, records: readonly LogRecord[]): Promise<readonly Append[] | StorageError> {
    try {
      const known = this.#cluster.partitions(topic)
      const partitions = known instanceof Promise ? await this.#inTime(known) : known
      if (partitions.length === 0) return new StorageError('unavailable', `topic ${topic} has no partition`)
      const maxBytes = this.#cluster.maxAppendBytes?.(topic)
      return spread(topic, records, partitions, this.#random).flatMap(append =>
        cutByBytes(append.records, maxBytes).map(part => ({ ...append, records: part })),
      )
    } catch (thrown) {
      if (thrown instanceof StorageError) return thrown
      return new StorageError('unavailable', `the partitions of topic ${topic} are not known`, {
        cause: thrown,
      })
    }
  }

  async #inTime<Value>(lookup: Promise<Value>): Promise<Value> {
    const timeUp = new AbortController()
    const cancel = this.#clock.schedule(LOOKUP_MS, () => timeUp.abort())
    try {
      return await settledBefore(timeUp.signal, lookup)
    } finally {
      cancel()
    }
  }
}
