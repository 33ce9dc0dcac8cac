import type { ByteBudget } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import { type Append, AppendBatcher, type AppendOutcome, type LogCluster } from '@ddmq/storage'

/** One cluster this process is connected to, and the batcher in front of it. */
export class Target {
  readonly cluster: LogCluster
  readonly batcher: AppendBatcher
  readonly #inFlight = new Set<Promise<unknown>>()
  #retired = false

  constructor(cluster: LogCluster, deps: { readonly clock: Clock; readonly budget: ByteBudget }) {
    this.cluster = cluster
    this.batcher = new AppendBatcher({ cluster, ...deps })
  }

  /** Takes nothing more: whoever still holds it looks the topic up again. */
  get isRetired(): boolean {
    return this.#retired
  }

  /** Appends past the batcher; waited for by `retire`. */
  async appendBatch(appends: readonly Append[], deadlineMs: number): Promise<readonly AppendOutcome[]> {
    const appended = this.cluster.append(appends, { deadlineMs })
    this.#inFlight.add(appended)
    try {
      return await appended
    } finally {
      this.#inFlight.delete(appended)
    }
  }

  /** Resolves when everything it took is answered; the batcher answers its part at the deadline at the latest. */
  async retire(deadline: AbortSignal): Promise<void> {
    this.#retired = true
    await this.batcher.stop(deadline)
    await Promise.allSettled(this.#inFlight)
  }
}
