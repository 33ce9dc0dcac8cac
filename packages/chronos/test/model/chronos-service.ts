import { createLogger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { composeClusterShards } from '../../src/compose-cluster.ts'
import { chronosConfigSchema } from '../../src/config.ts'
import { ChronosMetrics } from '../../src/metrics.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { OrderedStore } from '../../src/store/ordered-store.ts'
import { SeededRandom } from './seeded-random.ts'
import type { InstancePlace, RunningInstance, ServiceUnderTest } from './service-under-test.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { TopicDocuments } from './topic-documents.ts'

const THRESHOLD_MS = 1000

export interface ChronosServiceOptions {
  /** Deliveries per transaction. */
  readonly batchCount?: number
  readonly withoutTransactions?: boolean
}

/** The delay service itself, on simulated brokers, clocks and disks. */
export class ChronosService implements ServiceUnderTest<MemoryStore> {
  readonly earlyMs = THRESHOLD_MS
  readonly documents = new TopicDocuments()
  readonly withoutTransactions: boolean
  readonly #batchCount: number

  constructor({ batchCount = 2, withoutTransactions = false }: ChronosServiceOptions = {}) {
    this.#batchCount = batchCount
    this.withoutTransactions = withoutTransactions
  }

  begin(): void {
    this.documents.clear()
  }

  newDisk(): MemoryStore {
    return new MemoryStore()
  }

  pauseTopic(topic: string, paused: boolean): void {
    this.documents.set(topic, { paused })
  }

  copyDisk(disk: MemoryStore): MemoryStore {
    return disk.copy()
  }

  start({ instanceId, process, cluster, disk }: InstancePlace<MemoryStore>): RunningInstance {
    const random = new SeededRandom(instanceId.charCodeAt(0))
    const shards = composeClusterShards(cluster, {
      config: chronosConfigSchema.parse({
        dataDir: '-',
        clock: { thresholdMs: THRESHOLD_MS },
      }),
      clock: process.clock,
      bootMs: () => process.bootTimeMs(),
      logHasOwnClock: true,
      innerTopicPrefix: 'chronos_inner_',
      log: createLogger({ level: 'silent', pretty: false }),
      registry: this.documents.registry(process),
      metrics: new ChronosMetrics(new MetricsRegistry()),
      random: () => random.next(),
      turn: () => process.guard(Promise.resolve()),
      batchCount: this.#batchCount,
      openStore: async () => guarded(disk, process),
    })
    shards.start()
    return { stop: deadline => shards.stop(deadline) }
  }
}

/** A disk whose answers reach only a process that lives. */
function guarded(disk: MemoryStore, process: SimulatedProcess): OrderedStore {
  return {
    getMany: keys => process.guard(disk.getMany(keys)),
    scan: options => process.guard(disk.scan(options)),
    write: batch => process.guard(disk.write(batch)),
  }
}
