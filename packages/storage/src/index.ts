export { AppendBatcher, type AppendBatcherOptions } from './append-batcher.ts'
export { firstRefusal } from './blame.ts'
export { DeadlineWatch, Expiring } from './deadline-watch.ts'
export { StorageError, type StorageErrorKind } from './errors.ts'
export { HeaderNames } from './header-names.ts'
export { LiveClusters, type LiveClustersOptions } from './live-clusters.ts'
export {
  decodeMessageHeaders,
  decodeServiceHeaders,
  encodeMessageHeaders,
  type MessageHeaders,
} from './message-headers.ts'
export type { AppendListener } from './pending-append.ts'
export type {
  GroupLag,
  GroupMember,
  LogAdmin,
  PartitionOffset,
  TimePoint,
  TopicDescription,
  TopicReplication,
  TopicSpec,
  TransactionSupport,
} from './port/admin.ts'
export type {
  Append,
  AppendOutcome,
  CallOptions,
  Capabilities,
  LogCluster,
  LogClusters,
  LogIdentity,
  Position,
  ReadLimits,
  ReadResult,
} from './port/cluster.ts'
export type { ClusterConnection, ClusterConnector, ClusterEntry } from './port/connector.ts'
export type {
  AssignedPartition,
  AssignmentListener,
  CommittedOffset,
  JoinOptions,
  Membership,
} from './port/membership.ts'
export type { Header, LogRecord, PartitionId, StoredRecord, TopicPartition } from './port/record.ts'
export type { CommitOptions, TransactionOffsets, Transactor } from './port/transactor.ts'
export { sharedClusters } from './shared-clusters.ts'
