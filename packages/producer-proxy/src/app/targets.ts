import type { ByteBudget } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import type { LogClusters } from '@ddmq/storage'
import { Target } from './target.ts'

/**
 * A target for each cluster that is connected now (PP-81). A connection that is replaced or removed takes no new message
 * from that moment; what was taken before is answered through it.
 */
export class Targets {
  readonly #clusters: LogClusters
  readonly #deps: { readonly clock: Clock; readonly budget: ByteBudget }
  #targets = new Map<string, Target>()

  constructor(clusters: LogClusters, deps: { readonly clock: Clock; readonly budget: ByteBudget }) {
    this.#clusters = clusters
    this.#deps = deps
  }

  get(clusterName: string): Target | undefined {
    return this.#targets.get(clusterName)
  }

  /** Takes over what the clusters are now and answers the targets that are not in use any more. */
  refresh(): readonly Target[] {
    const targets = new Map<string, Target>()
    for (const name of this.#clusters.names) {
      const cluster = this.#clusters.get(name)
      if (cluster === undefined) continue
      const known = this.#targets.get(name)
      targets.set(name, known?.cluster === cluster ? known : new Target(cluster, this.#deps))
    }
    const retired = [...this.#targets.values()].filter(
      target => targets.get(target.cluster.clusterName) !== target,
    )
    this.#targets = targets
    return retired
  }
}
