export { describeLogCluster } from './describe-log-cluster.ts'
export type { LogClusterHarness } from './harness.ts'
