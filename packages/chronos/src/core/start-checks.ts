import type { Capabilities, TopicDescription } from '@ddmq/storage'

/** A tombstone must outlive the time in which a standby may be away without a rebuild; below this that is too short. */
const SHORTEST_RETENTION_MS = 3_600_000

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
  readonly demands: StorageDemands
  /** Shortcomings of the replication refuse the start instead of warning. */
  readonly require: boolean
}

/** Whether the table of a cluster keeps what was acknowledged (SPEC.md), in words for the operator. */
export function startChecks({ cluster, capabilities, table, demands, require }: CheckedTable): StartChecks {
  const of = `topic ${table.topic} of cluster ${cluster}`
  const refusals = needs(table).map(need => `${of} ${need}`)
  const weak = weaknesses(table, demands).map(weakness => `${of} ${weakness}`)
  const warnings = [
    ...(capabilities.transactions
      ? []
      : [`cluster ${cluster} has no transactions: a message may be delivered twice after a failure`]),
    ...oddities(table).map(oddity => `${of} ${oddity}`),
  ]
  return require
    ? { refusals: [...refusals, ...weak], warnings }
    : { refusals, warnings: [...weak, ...warnings] }
}

function needs({ compacted, appendTime }: TopicDescription): readonly string[] {
  return [
    ...(compacted === true
      ? []
      : ['is not compacted: messages would be deleted before their time. Set cleanup.policy=compact']),
    ...(appendTime === true
      ? []
      : [
          'does not stamp records with their append time: clocks could not be checked. ' +
            'Set message.timestamp.type=LogAppendTime',
        ]),
  ]
}

function weaknesses({ replication }: TopicDescription, demands: StorageDemands): readonly string[] {
  if (replication === undefined) return []
  const { factor, minInsync, uncleanElection } = replication
  return [
    ...(factor < demands.replication
      ? [`has ${factor} of ${demands.replication} copies: messages are lost with the disks of ${factor}`]
      : []),
    ...(minInsync < demands.minInsync
      ? [
          `acknowledges with ${minInsync} of ${demands.minInsync} copies. ` +
            `Set min.insync.replicas=${demands.minInsync}`,
        ]
      : []),
    ...(uncleanElection
      ? ['lets a copy lead that lacks acknowledged records. Set unclean.leader.election.enable=false']
      : []),
  ]
}

function oddities({ tombstoneRetentionMs }: TopicDescription): readonly string[] {
  if (tombstoneRetentionMs === undefined || tombstoneRetentionMs >= SHORTEST_RETENTION_MS) return []
  const away = Math.round(tombstoneRetentionMs / 2_000)
  return [
    `keeps tombstones for ${tombstoneRetentionMs} ms only: an index that was away for ${away} s is built anew. ` +
      'Raise delete.retention.ms',
  ]
}
