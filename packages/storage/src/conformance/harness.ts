import type { Capabilities, LogCluster } from '../port/cluster.ts'

/** What an engine brings to be tested. One cluster serves the whole suite; every test makes its own topics. */
export interface LogClusterHarness {
  readonly name: string
  /** As the cluster will claim; the tests of a feature run exactly where it is claimed. */
  readonly capabilities: Capabilities
  /** A started cluster. */
  open(): Promise<LogCluster>
  /** Stops that cluster cleanly and answers one over the same data. */
  reopen(cluster: LogCluster): Promise<LogCluster>
  close(cluster: LogCluster): Promise<void>
  /** Answers a cluster over what a killed process would have left at this moment. */
  crash?(cluster: LogCluster): Promise<LogCluster>
  /**
   * Lets that much time pass for retention and applies it to the topic, which has something to lose. Engines without it
   * leave the retention tests out.
   */
  enforceRetention?(cluster: LogCluster, topic: string, afterMs: number): Promise<void>
  /** Retention by size is kept in steps of a few times so many bytes. Default 10,000. */
  readonly retentionStepBytes?: number
}

/** The cluster under test; another object after a reopen. */
export interface SuiteContext {
  readonly harness: LogClusterHarness
  readonly cluster: LogCluster
  use(cluster: LogCluster): void
}
