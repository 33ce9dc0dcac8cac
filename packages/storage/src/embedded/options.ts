import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import type { MetricsRegistry } from '@ddmq/common/metrics'
import type { FreeSpaceProbe } from '../rocksdb/index.ts'

const MIB = 1024 * 1024
const HOUR_MS = 3_600_000

export interface EmbeddedClusterOptions {
  /** Name in the config tree; prefix of its qids. */
  readonly clusterName: string
  /** Folder of its own on a local disk; created when missing. */
  readonly dir: string
  /** Acknowledged = on the disk. Without: survives a killed process, not a power loss. */
  readonly fsync: boolean
  readonly log: Logger
  readonly clock: Clock
  readonly metrics?: MetricsRegistry
  /**
   * Writes are refused while less is free. Default 256 MiB. Below 96 MiB (three memory tables) RocksDB can run out of space
   * while it writes a table out, and then holds writes until there is some.
   */
  readonly freeSpaceFloorBytes?: number
  /** How the free space is learnt; the file system is asked by default. */
  readonly freeSpace?: FreeSpaceProbe
  /** Of topics that do not say. Default 7 days. */
  readonly retentionMs?: number
  /** Per partition, of topics that do not say. Default: no limit. */
  readonly retentionBytes?: number
  /** How long a compacted topic that does not say keeps a tombstone. Default 24 hours. */
  readonly tombstoneRetentionMs?: number
  /** Time between two passes of retention. Default 1 minute. */
  readonly retentionIntervalMs?: number
  /** One record with its key, headers and 22 bytes of its own. Default 5 MiB. */
  readonly maxRecordBytes?: number
  /** Of one write to the store; a batch ends with the append that reaches it. Default 8 MiB. */
  readonly maxBatchBytes?: number
  /** Appends that wait for the writer; beyond they are refused with `overload`. Default 64 MiB. */
  readonly maxPendingBytes?: number
  /** Newest blocks of all partitions kept in memory. Default 16 MiB. */
  readonly tailCacheBytes?: number
  /** How long a group member may drain a partition that is taken from it. Default 30 s. */
  readonly drainMs?: number
}

export const DEFAULTS = {
  freeSpaceFloorBytes: 256 * MIB,
  retentionMs: 7 * 24 * HOUR_MS,
  tombstoneRetentionMs: 24 * HOUR_MS,
  retentionIntervalMs: 60_000,
  maxRecordBytes: 5 * MIB,
  maxBatchBytes: 8 * MIB,
  maxPendingBytes: 64 * MIB,
  tailCacheBytes: 16 * MIB,
  drainMs: 30_000,
} as const
