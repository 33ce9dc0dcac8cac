import type { LogIdentity } from '@ddmq/storage'
import type { ShardPosition } from '../store/shard-index.ts'

export interface LogState {
  readonly identity: LogIdentity
  /** See `LogCluster.endOfEpoch`, of the position's epoch. */
  readonly endOfEpoch: number
}

/** Why an index at that position cannot follow this log any more (SPEC.md I7), in words; undefined when it can. */
export function problemOfPosition(
  position: ShardPosition | undefined,
  { identity, endOfEpoch }: LogState,
): string | undefined {
  if (position === undefined) return 'it was never filled'
  if (position.topicId !== identity.topicId) return 'it is of another topic of that name'
  if (position.offset < identity.startOffset) return 'the log begins after its position'
  if (position.offset > endOfEpoch) return 'the log has lost records that it holds'
  // How old what it misses is cannot be told: see `missedTooMuch`.
  return position.caughtUpMs === 0 ? 'it was not complete' : undefined
}

/**
 * Tombstones that were not read may be gone when that much log time passed between two moments at the end of the log: what they took
 * away would be kept.
 */
export function missedTooMuch(fromMs: number, toMs: number, tombstoneRetentionMs: number): boolean {
  return toMs - fromMs > tombstoneRetentionMs / 2
}
