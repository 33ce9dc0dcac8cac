/** Hot path: once per transaction. */
import type { HistogramTally } from '@ddmq/common/metrics'
import { type LogCluster, type PartitionId, StorageError } from '@ddmq/storage'
import type { BatchSummary } from '../core/batch-summary.ts'
import { topicsOf } from '../core/blamed-topics.ts'
import type { ClockGuard } from '../core/clock-guard.ts'
import type { Destinations } from '../core/destinations.ts'
import { isRefusal } from '../core/verdict.ts'
import type { ChronosMetrics } from '../metrics.ts'

const DEADLINE_MS = 5000
const LONGEST_DEADLINE_MS = 15_000

export interface CommitOutcomesDeps {
  readonly cluster: Pick<LogCluster, 'clusterName'>
  /** Topic of the table. */
  readonly topic: string
  readonly id: PartitionId
  readonly destinations: Destinations
  readonly guard: Pick<ClockGuard, 'nowMs'>
  readonly metrics: ChronosMetrics
}

/** What the commits of a shard's loop came to: counted, and told to the topics that took or refused them. */
export class CommitOutcomes {
  readonly #deps: CommitOutcomesDeps
  readonly #lateness: HistogramTally
  #deadlineMs = DEADLINE_MS

  constructor(deps: CommitOutcomesDeps) {
    this.#deps = deps
    this.#lateness = deps.metrics.lateness.tally(this.#labels)
  }

  /** What the next commit is given: more after one that failed and no topic was the reason. */
  get deadlineMs(): number {
    return this.#deadlineMs
  }

  committed(summary: BatchSummary): void {
    const { destinations } = this.#deps
    this.#deadlineMs = DEADLINE_MS
    for (const [topic, { fired }] of summary.topics) if (fired > 0) destinations.succeeded(topic)
    this.#count(summary)
  }

  /** Topics that are the reason wait by themselves from now on. */
  failed(thrown: unknown, summary: BatchSummary): void {
    const { destinations, metrics } = this.#deps
    const outcome = thrown instanceof StorageError ? thrown.kind : 'unclassified'
    metrics.transactions.inc({ ...this.#labels, outcome })
    const topics = new Set(this.blamed(thrown))
    // A record of the table is refused: some loop cannot go on, of whatever topic.
    if (thrown instanceof StorageError && isRefusal(thrown.kind) && topics.size === 0)
      for (const topic of summary.topics.keys()) topics.add(topic)
    if (thrown instanceof StorageError) for (const topic of topics) destinations.failed(topic, thrown)
    if (topics.size === 0) this.#deadlineMs = Math.min(this.#deadlineMs * 2, LONGEST_DEADLINE_MS)
  }

  /** Topics that are the reason of a failure, of those that messages go to. */
  blamed(thrown: unknown): readonly string[] {
    return topicsOf(thrown).filter(topic => topic !== this.#deps.topic)
  }

  #count({ topics, dueMs }: BatchSummary): void {
    const { metrics, guard } = this.#deps
    const nowMs = guard.nowMs()
    const labels = this.#labels
    for (const at of dueMs) this.#lateness.observe(Math.max(0, nowMs - at) / 1000)
    metrics.transactions.inc({ ...labels, outcome: 'committed' })
    for (const [topic, { fired, cancelled }] of topics) {
      if (fired > 0) metrics.fired.inc({ ...labels, topic }, fired)
      if (cancelled > 0) metrics.cancelled.inc({ ...labels, topic }, cancelled)
    }
  }

  get #labels(): { readonly cluster: string; readonly shard: string } {
    return { cluster: this.#deps.cluster.clusterName, shard: this.#deps.id }
  }
}
