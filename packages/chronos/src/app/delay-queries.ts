import type { ShardRole } from './shard.ts'

/** Pending rounds of one topic in one shard. */
interface TopicPending {
  readonly topic: string
  readonly pending: number
  readonly bytes: number
  /** Why its rounds wait beyond their time; null when they do not. */
  readonly asideReason: string | null
}

export interface ShardReport {
  readonly cluster: string
  /** Its topic. */
  readonly table: string
  readonly shard: string
  readonly role: ShardRole
  readonly pending: number
  /** Bodies and headers. */
  readonly bytes: number
  /** Records of the table that were not applied yet. */
  readonly lag: number
  readonly oldestDueMs: number | null
  readonly cancels: number
  /** Messages that are remembered so that a retry of their add does not fire again. */
  readonly fired: number
  readonly topics: readonly TopicPending[]
  /** How many rounds are due in each step of the coming time. */
  readonly histogram: {
    readonly fromMs: number
    readonly stepMs: number
    readonly counts: readonly number[]
    /** Only the earliest were counted; there may be more behind them. */
    readonly isCut: boolean
  }
}

/** Answer of `GET /delay/stats`. */
export interface DelayStats {
  readonly instance: string
  readonly shards: readonly ShardReport[]
}

/** Answer of `GET /delay/message`: `found: false` where this instance has no such message pending. */
export type FoundMessage =
  | { readonly found: false }
  | {
      readonly found: true
      readonly cluster: string
      readonly shard: string
      readonly role: ShardRole
      /** The pending round. */
      readonly round: number
      readonly dueMs: number
      readonly bytes: number
      readonly cancelledFromRound: number | null
      readonly asideReason: string | null
    }

/** A delayed message, at whatever millisecond of its second it is due. */
export interface MessageQuery {
  readonly topic: string
  /** Id of round 0. */
  readonly id: string
}

/** What can be asked of the shards of one process. */
export interface DelayQueries {
  stats(): Promise<DelayStats>
  find(message: MessageQuery): Promise<FoundMessage>
}
