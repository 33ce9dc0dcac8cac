export { EmbeddedCluster } from './embedded-cluster.ts'
export type { EmbeddedClusterOptions } from './options.ts'
export type { RetentionResult } from './retention.ts'
