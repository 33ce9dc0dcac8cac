import type { WriteBatch } from '@ddmq/storage/rocksdb'
import type { AsideTopics } from './aside-topics.ts'
import type { Backlog } from './backlog.ts'
import type { IndexState } from './index-state.ts'
import type { ShardKeys } from './keys.ts'
import type { KnownRounds } from './known-rounds.ts'
import type { ScannedRun } from './scanned-run.ts'

/** What an index holds in memory, all of it small. */
export interface IndexParts {
  readonly keys: ShardKeys
  readonly state: IndexState
  readonly backlog: Backlog
  readonly aside: AsideTopics
  readonly known: KnownRounds
  readonly scanned: ScannedRun
}

/** A change under way: the parts are changed while the batch is built, and void when its write fails. */
export interface IndexWrite extends IndexParts {
  readonly batch: WriteBatch
}
