import type { LogCluster, PartitionId } from '@ddmq/storage'

/** How many shards a table has: partitions may be added to it at any time. */
export class ShardCount {
  readonly #cluster: Pick<LogCluster, 'partitions'>
  readonly #table: string
  #last: number

  /** `first`: until the cluster answers. */
  constructor(cluster: Pick<LogCluster, 'partitions'>, table: string, first: number) {
    this.#cluster = cluster
    this.#table = table
    this.#last = first
  }

  /** Hot path: once per topic and batch. As it is now, or was last known. */
  now(): number {
    try {
      const partitions = this.#cluster.partitions(this.#table)
      if (partitions instanceof Promise) partitions.then(this.#take, () => undefined)
      else this.#take(partitions)
    } catch {
      // Asked again by the next batch; a table that is gone is noticed where it is read.
    }
    return this.#last
  }

  readonly #take = ({ length }: readonly PartitionId[]): void => {
    this.#last = length
  }
}
