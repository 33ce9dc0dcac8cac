import type { ShardSample } from '../metrics.ts'
import type { Shard } from './shard.ts'

type SampledShard = Pick<Shard, 'id' | 'role' | 'lag' | 'endSeenMs' | 'index'>

/** What the gauges show of a shard; while its index is being opened next to nothing is known. */
export function sampleOf(cluster: string, shard: SampledShard, nowMs: number): ShardSample {
  const { id, role, lag, endSeenMs, index } = shard
  const topics = index === undefined ? undefined : [...index.statistics().topics.values()]
  return {
    cluster,
    shard: id,
    role,
    pending: topics?.reduce((sum, { count }) => sum + count, 0),
    pendingBytes: topics?.reduce((sum, { bytes }) => sum + bytes, 0),
    lag,
    secondsSinceEnd: endSeenMs === 0 ? undefined : Math.max(0, (nowMs - endSeenMs) / 1000),
  }
}
