import type { TakenRound } from './fire-batch.ts'

interface TopicSummary {
  /** Rounds delivered. */
  fired: number
  /** Messages taken out without a delivery. */
  cancelled: number
}

/** What a transaction was about, when its rounds are held no longer. */
export interface BatchSummary {
  readonly topics: ReadonlyMap<string, TopicSummary>
  /** When each of its rounds was due. */
  readonly dueMs: readonly number[]
}

export function summaryOf(taken: readonly TakenRound[]): BatchSummary {
  const topics = new Map<string, TopicSummary>()
  const dueMs: number[] = []
  for (const { round, firing } of taken) {
    dueMs.push(round.pending.dueMs)
    let summary = topics.get(round.topic)
    if (summary === undefined) topics.set(round.topic, (summary = { fired: 0, cancelled: 0 }))
    summary.fired += firing.deliver.length
    if (firing.deliver.length === 0) summary.cancelled++
  }
  return { topics, dueMs }
}
