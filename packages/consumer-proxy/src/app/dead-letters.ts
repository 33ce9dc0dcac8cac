import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import { type Header, type LogCluster, type LogRecord, StorageError } from '@ddmq/storage'
import { deadLetterTopic } from '../core/dead-letter-topic.ts'
import type { JobOutcome } from '../core/job.ts'
import type { ConsumerProxyMetrics } from '../metrics.ts'
import type { MessageJob } from './message-job.ts'

const FIRST_PAUSE_MS = 100
const MAX_PAUSE_MS = 30_000
const APPEND_DEADLINE_MS = 10_000
const MAX_RESPONSE_LENGTH = 1024

type Dropped = Extract<JobOutcome, { kind: 'dropped' }>

export interface DeadLettersDeps {
  readonly cluster: LogCluster
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: ConsumerProxyMetrics
}

/**
 * Dead-letter topics, one per group, in the broker cluster the message came from; made when the first one is needed,
 * with one partition. The record keeps key, body and headers of the original and says why it is there in `ddmq-dead-…`
 * headers. After a crash between storing and the commit of the position a message may be there twice, never not at all.
 */
export class DeadLetters {
  readonly #deps: DeadLettersDeps
  readonly #topics = new Set<string>()

  constructor(deps: DeadLettersDeps) {
    this.#deps = deps
  }

  /** Tries until it is stored; rejects when the signal aborts first. The caller holds the message's slot meanwhile. */
  async store(
    job: MessageJob,
    outcome: Dropped,
    origin: { readonly partition: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const { group, topic } = job.subscription
    // Of now: with the time of the original, retention might delete it before anybody looked.
    const timestampMs = this.#deps.clock.nowMs()
    const record: LogRecord = { ...deadRecord(job, outcome, origin.partition), timestampMs }
    const deadTopic = deadLetterTopic(group)
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      try {
        await this.#append(deadTopic, record)
        this.#deps.metrics.deadLetters.inc({ group, topic, reason: outcome.reason })
        return
      } catch (err) {
        // It may be gone: somebody who emptied it by deleting it must not stop the group for ever.
        this.#topics.delete(deadTopic)
        this.#deps.metrics.deadLetterErrors.inc({ group, topic })
        this.#deps.log.error({ err, group, topic, offset: job.record.offset }, 'dead letter not stored')
      }
      await this.#deps.clock.sleep(pauseMs, origin.signal)
    }
  }

  async #append(topic: string, record: LogRecord): Promise<void> {
    const { cluster } = this.#deps
    if (!this.#topics.has(topic)) await this.#create(topic)
    const [partition = '0'] = await cluster.partitions(topic)
    const [outcome] = await cluster.append([{ topic, partition, records: [record] }], {
      deadlineMs: APPEND_DEADLINE_MS,
    })
    if (outcome !== undefined && 'error' in outcome) throw outcome.error
  }

  async #create(topic: string): Promise<void> {
    try {
      await this.#deps.cluster.admin.createTopic({ topic, partitions: 1 })
    } catch (thrown) {
      if (!(thrown instanceof StorageError) || thrown.kind !== 'topicExists') throw thrown
    }
    this.#topics.add(topic)
  }
}

function deadRecord(job: MessageJob, outcome: Dropped, partition: string): Omit<LogRecord, 'timestampMs'> {
  const { record, subscription } = job
  const facts: readonly (readonly [string, string])[] = [
    ['reason', outcome.reason],
    ['attempts', String(outcome.attempts)],
    ['last-response', outcome.lastResponse.slice(0, MAX_RESPONSE_LENGTH)],
    ['group', subscription.group],
    ['topic', subscription.topic],
    ['partition', partition],
    ['offset', String(record.offset)],
    ['timestamp', String(record.timestampMs)],
  ]
  const added = facts.map(([name, text]): Header => ({ name: `ddmq-dead-${name}`, value: Buffer.from(text) }))
  return {
    key: record.key,
    value: record.value,
    headers: [...record.headers, ...added],
  }
}
