import { type UpstreamTopic, upstreamTopicSchema } from '@ddmq/common/registry'
import type { StoredRecord } from '@ddmq/storage'
import type { Job, JobOutcome } from '../../src/core/job.ts'
import type { Subscription } from '../../src/core/subscription.ts'

export function subscriptionOf(config: Partial<UpstreamTopic> = {}): Subscription {
  const topic = config.topic ?? 'orders'
  const full = upstreamTopicSchema.parse({
    actions: ['Async', 'PullServer'],
    totalMaxTps: 1e6,
    ...config,
    topic,
  })
  return { group: 'g', brokerCluster: 'c', topic, config: full }
}

/** A job that only remembers how it ended. */
export class RecordedJob implements Job {
  readonly subscription: Subscription
  readonly record: StoredRecord
  readonly topic: string
  readonly qid: string
  readonly key = undefined
  readonly tags = undefined
  readonly properties: ReadonlyMap<string, string> = new Map()
  readonly outcomes: JobOutcome[] = []
  terminated = false

  constructor(
    offset: number,
    options: { config?: Partial<UpstreamTopic>; qid?: string; bytes?: number } = {},
  ) {
    this.subscription = subscriptionOf(options.config)
    this.topic = this.subscription.topic
    this.qid = options.qid ?? 'c_0'
    const value = new Uint8Array(options.bytes ?? 1)
    this.record = { offset, key: null, value, headers: [], timestampMs: 0 }
  }

  hold(): void {}

  finish(outcome: JobOutcome): void {
    this.outcomes.push(outcome)
  }
}
