import type { Capabilities, TopicDescription, TopicReplication, TransactionSupport } from '@ddmq/storage'

/** A tombstone must outlive the time in which a standby may be away without a rebuild; below this that is too short. */
const SHORTEST_RETENTION_MS = 3_600_000
/** An owner has to read its own barrier back before a later one replaces it. */
const SHORTEST_COMPACTION_LAG_MS = 60_000

/** What of the storage the operator insists on: without it the service warns, with it it refuses. */
interface StorageDemands {
  /** Copies of each record. */
  readonly replication: number
  /** Copies that acknowledge; a copy without acknowledged records may not lead. */
  readonly minInsync: number
}

export interface StartChecks {
  /** The shards of this cluster must not be served. */
  readonly refusals: readonly string[]
  readonly warnings: readonly string[]
}

export interface CheckedTable {
  readonly cluster: string
  readonly capabilities: Capabilities
  readonly table: TopicDescription
  /** Of the cluster; absent where they are as safe as the table. */
  readonly transactions?: TransactionSupport | undefined
  readonly demands: StorageDemands
  /** Shortcomings of the replication and of transactions refuse the start instead of warning. */
  readonly require: boolean
}

/**
 * Whether the table of a cluster and its transactions keep what was acknowledged (SPEC.md), in words for the operator: topic,
 * setting, what it is and what it should be.
 */
export function startChecks(checked: CheckedTable): StartChecks {
  const { cluster, capabilities, table, transactions, demands, require } = checked
  const refusals = needs(table).map(about(table.topic, cluster))
  const weak = [
    ...weaknesses(table.replication, demands).map(about(table.topic, cluster)),
    ...(transactions === undefined ? [] : transactionWeaknesses(cluster, transactions, demands)),
  ]
  const warnings = [
    ...(capabilities.transactions
      ? []
      : [
          `cluster ${cluster} has no transactions: messages are delivered at least once, and again after a failure or a change of owner`,
        ]),
    ...(transactions === undefined ? [] : transactionOddities(cluster, transactions, checked)),
    ...oddities(table).map(about(table.topic, cluster)),
  ]
  return require
    ? { refusals: [...refusals, ...weak], warnings }
    : { refusals, warnings: [...weak, ...warnings] }
}

function about(topic: string, cluster: string): (problem: string) => string {
  return problem => `topic ${topic} of cluster ${cluster} ${problem}`
}

function needs({ compacted, deletes, appendTime }: TopicDescription): readonly string[] {
  return [
    ...(compacted === true
      ? []
      : [
          'has cleanup.policy=delete, needs compact: it is not compacted, and messages would be deleted before their time',
        ]),
    ...(compacted === true && deletes
      ? [
          'has cleanup.policy=compact,delete, needs compact alone: pending messages would be deleted by age or size',
        ]
      : []),
    ...(appendTime === true
      ? []
      : ['has message.timestamp.type=CreateTime, needs LogAppendTime: clocks could not be checked by it']),
  ]
}

function weaknesses(replication: TopicReplication | undefined, demands: StorageDemands): readonly string[] {
  if (replication === undefined) return []
  const { factor, minInsync, uncleanElection } = replication
  return [
    ...(factor < demands.replication
      ? [`has ${factor} replicas, ${demands.replication} are asked for: a lost disk takes what only it holds`]
      : []),
    ...(minInsync < demands.minInsync
      ? [
          `has min.insync.replicas=${minInsync}, ${demands.minInsync} are asked for: fewer copies may acknowledge a record`,
        ]
      : []),
    ...(uncleanElection
      ? [
          'has unclean.leader.election.enable=true, needs false: a copy that lacks acknowledged records may lead',
        ]
      : []),
  ]
}

function transactionWeaknesses(
  cluster: string,
  { topic, replication, mayHang }: TransactionSupport,
  demands: StorageDemands,
): readonly string[] {
  return [
    ...weaknesses(replication, demands).map(about(topic, cluster)),
    ...(mayHang === undefined
      ? []
      : [
          `cluster ${cluster}: ${mayHang}: a transaction may never end, and nothing of its shard is delivered from then on`,
        ]),
  ]
}

/** What is not known, and where transactions are less safe than a table that has more than is demanded. */
function transactionOddities(
  cluster: string,
  { topic, replication, unseenWithout, unchecked = [] }: TransactionSupport,
  { table, demands }: Pick<CheckedTable, 'table' | 'demands'>,
): readonly string[] {
  const unknown = unchecked.map(
    why => `cluster ${cluster}: ${why}, so it is not checked whether its transactions always end`,
  )
  if (replication === undefined) {
    const rights = unseenWithout === undefined ? '' : ` (ACL ${unseenWithout})`
    return [
      ...unknown,
      `topic ${topic} of cluster ${cluster} may not be seen by this user${rights}, so its replicas are not checked`,
    ]
  }
  if (table.replication === undefined) return unknown
  const { factor, minInsync } = table.replication
  const ofTable = [
    ...(demands.replication <= replication.factor && replication.factor < factor
      ? [`has ${replication.factor} replicas, topic ${table.topic} ${factor}`]
      : []),
    ...(demands.minInsync <= replication.minInsync && replication.minInsync < minInsync
      ? [`has min.insync.replicas=${replication.minInsync}, topic ${table.topic} ${minInsync}`]
      : []),
  ]
  const lessSafe = ofTable
    .map(weakness => `${weakness}: how a transaction ended may be lost although the table is not`)
    .map(about(topic, cluster))
  return [...unknown, ...lessSafe]
}

function oddities({ tombstoneRetentionMs, compactionLagMs }: TopicDescription): readonly string[] {
  return [
    ...(tombstoneRetentionMs !== undefined && tombstoneRetentionMs < SHORTEST_RETENTION_MS
      ? [
          `has delete.retention.ms=${tombstoneRetentionMs}, ${SHORTEST_RETENTION_MS} or more are advised: ` +
            `an index that was away for ${Math.round(tombstoneRetentionMs / 2_000)} s is built anew`,
        ]
      : []),
    ...(compactionLagMs !== undefined && compactionLagMs < SHORTEST_COMPACTION_LAG_MS
      ? [
          `has min.compaction.lag.ms=${compactionLagMs}, ${SHORTEST_COMPACTION_LAG_MS} or more are advised: ` +
            'the mark by which an owner takes a shard over may be gone before it was read',
        ]
      : []),
  ]
}
