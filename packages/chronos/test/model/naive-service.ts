import type { AssignmentListener, TopicPartition } from '@ddmq/storage'
import { TABLE } from './messages.ts'
import { type NaiveDefect, NaiveShard } from './naive-shard.ts'
import type { NaiveTable } from './naive-table.ts'
import type { InstancePlace, RunningInstance, ServiceUnderTest } from './service-under-test.ts'

/** What it has read of each shard. */
export type NaiveDisk = Map<string, NaiveTable>

/** The simplest delay service that keeps the invariants, or all of them but one: shows that the property test can pass and can fail. */
export class NaiveService implements ServiceUnderTest<NaiveDisk> {
  readonly earlyMs = 0
  readonly #defect: NaiveDefect | undefined

  constructor(defect?: NaiveDefect) {
    this.#defect = defect
  }

  newDisk(): NaiveDisk {
    return new Map()
  }

  copyDisk(disk: NaiveDisk): NaiveDisk {
    return new Map([...disk].map(([shard, table]) => [shard, { ...table, latest: new Map(table.latest) }]))
  }

  start(place: InstancePlace<NaiveDisk>): RunningInstance {
    const instance = new NaiveInstance(place, this.#defect)
    const joined = place.cluster.join('chronos', [TABLE], instance)
    return {
      stop: async deadline => (await joined).leave(deadline),
    }
  }
}

class NaiveInstance implements AssignmentListener {
  readonly #place: InstancePlace<NaiveDisk>
  readonly #defect: NaiveDefect | undefined
  readonly #shards = new Map<string, NaiveShard>()

  constructor(place: InstancePlace<NaiveDisk>, defect: NaiveDefect | undefined) {
    this.#place = place
    this.#defect = defect
  }

  async assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { cluster, process, disk: tables } = this.#place
    for (const { partition: shard } of partitions) {
      // One that was lost may still be at its last commit.
      await this.#shards.get(shard)?.stop()
      this.#shards.set(shard, new NaiveShard({ shard, cluster, process, tables, defect: this.#defect }))
    }
  }

  async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    await Promise.all(partitions.map(async ({ partition }) => this.#shards.get(partition)?.stop()))
  }

  lost(partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions) void this.#shards.get(partition)?.stop()
  }
}
