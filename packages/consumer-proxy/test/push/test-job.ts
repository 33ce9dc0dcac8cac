import { upstreamTopicSchema } from '@ddmq/common/registry'
import type { Job, JobOutcome } from '../../src/core/job.ts'
import type { Subscription } from '../../src/core/subscription.ts'

export interface JobSettings {
  readonly subscription?: Subscription
  readonly value?: string | null
  readonly key?: string
  readonly properties?: Readonly<Record<string, string>>
}

export function subscriptionOf(config: Readonly<Record<string, unknown>>): Subscription {
  const parsed = upstreamTopicSchema.parse({
    topic: 'orders',
    brokerCluster: 'main',
    enabled: true,
    ...config,
  })
  return { group: 'billing', brokerCluster: 'main', topic: parsed.topic, config: parsed }
}

/** A job that keeps how often and how it was finished. */
export class TestJob implements Job {
  readonly subscription: Subscription
  readonly record
  readonly topic: string
  readonly qid = 'main_3'
  readonly key: string | undefined
  readonly tags = undefined
  readonly properties: ReadonlyMap<string, string>
  readonly outcomes: JobOutcome[] = []
  terminated = false

  constructor({
    subscription = subscriptionOf({}),
    value = 'hello',
    key,
    properties = {},
  }: JobSettings = {}) {
    this.subscription = subscription
    this.topic = subscription.topic
    this.key = key
    this.properties = new Map(Object.entries(properties))
    const bytes = value === null ? null : new TextEncoder().encode(value)
    this.record = { offset: 42, key: null, value: bytes, headers: [], timestampMs: 0 }
  }

  hold(): void {}

  finish(outcome: JobOutcome): void {
    this.outcomes.push(outcome)
  }
}
