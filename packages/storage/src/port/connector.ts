import type { LogCluster } from './cluster.ts'

/**
 * What a document of the config tree says of one broker cluster. Secrets (credentials, certificates) never stand in the
 * tree: they are the connector's, from the configuration of the process.
 */
export type ClusterEntry =
  | { readonly engine: 'embedded' }
  | {
      readonly engine: 'kafka'
      /** Absent where the document names none: the connector then has them from the configuration of the process. */
      readonly bootstrapServers?: readonly string[]
    }

/** One use of a cluster, by one owner: a proxy or the console. */
export interface ClusterConnection {
  /** Usable once `open` resolved. */
  readonly cluster: LogCluster
  /** How an operator knows it: `kafka-1:9092,kafka-2:9092`, a folder. Without secrets. */
  readonly address: string
  /**
   * Resolves when the cluster answers. Rejects when it does not, or soon after `abort` aborts, and has then left nothing
   * open: the connection is not used again.
   */
  open(abort: AbortSignal): Promise<void>
  /** Called once, only after an `open` that resolved, when nothing uses the cluster any more. Returns soon after `deadline`. */
  close(deadline: AbortSignal): Promise<void>
}

/**
 * Makes connections to broker clusters; the composition root supplies it.
 *
 * - Standalone: every call for the one embedded cluster gives the same shared cluster, whose `open` and `close` do nothing;
 *   the process starts and stops it itself.
 * - Cluster process: each call makes a Kafka cluster of its own from the entry and the settings of the process. Where both
 *   name something, the process's own secrets win and the document's addresses win.
 */
export interface ClusterConnector {
  /**
   * Does no I/O. Throws `StorageError` of kind `invalid` when this process cannot reach such a cluster whatever happens: an
   * engine it does not have, no addresses. The message is one line for the operator.
   */
  connect(clusterName: string, entry: ClusterEntry): ClusterConnection
}
