import { systemClock } from '@ddmq/common/clock'
import { createLogger } from '@ddmq/common/log'
import type { Append, AppendOutcome } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { BareLog } from '../peers/bare-log.ts'

export const PARTITIONS = 8
const VALUE = Buffer.alloc(200, 'a value of 200 bytes ')
const TOPIC = 'bench'
const OPTIONS = { deadlineMs: 30_000 }
const READ_LIMITS = { maxBytes: 1024 * 1024, maxWaitMs: 0 }
/** As many as our log loads at once. */
const READ_BLOCKS = 64
const NO_HEADERS: Append['records'][number]['headers'] = []

export interface LogSide extends AsyncDisposable {
  /** One record of 200 bytes. */
  append(partition: number): Promise<readonly AppendOutcome[]>
  /** Records from an offset on, up to about a mebibyte; answers how many. */
  read(partition: number, offset: number): Promise<number>
}

export interface LogSideOptions {
  /** Empty or missing. */
  readonly dir: string
  readonly fsync: boolean
  /** Of our log: newest blocks in memory; absent: as it is by default. */
  readonly tailCacheBytes?: number
}

/** Our embedded log, by the interface that everybody uses. */
export async function openOurLog(options: LogSideOptions): Promise<LogSide> {
  const log = createLogger({ level: 'warn', pretty: false })
  const cluster = new EmbeddedCluster({ ...options, clusterName: 'bench', log, clock: systemClock })
  await cluster.start()
  await cluster.admin.createTopic({ topic: TOPIC, partitions: PARTITIONS })
  const ids = cluster.partitions(TOPIC)
  return {
    append: partition => {
      const records = [{ key: null, value: VALUE, headers: NO_HEADERS, timestampMs: Date.now() }]
      return cluster.append([{ topic: TOPIC, partition: ids[partition] ?? '', records }], OPTIONS)
    },
    read: async (partition, offset) => {
      const position = { topic: TOPIC, partition: ids[partition] ?? '', offset }
      const [result] = await cluster.read([position], READ_LIMITS, OPTIONS)
      if (result === undefined || result.error !== undefined) throw result?.error ?? new Error('no result')
      return result.records.length
    },
    [Symbol.asyncDispose]: () => cluster.stop(),
  }
}

/** RocksDB without our code. */
export async function openBareLog({ dir, fsync }: LogSideOptions): Promise<LogSide> {
  const log = await BareLog.open(dir, PARTITIONS, fsync)
  return {
    append: partition => log.append(partition, VALUE, Date.now()),
    read: async (partition, offset) => (await log.read(partition, offset, READ_BLOCKS)).length,
    [Symbol.asyncDispose]: () => log.close(),
  }
}
