import type { DelayMessage } from '@ddmq/common/idl'
import { type Outcome, outcomeOf } from '../core/result-code.ts'
import { problemOfMessage } from '../core/validation.ts'
import { type ProducerProxyMetrics, UNSERVED } from '../metrics.ts'
import type { ActiveTopic } from './active-topic.ts'
import type { TopicTable } from './topic-table.ts'

/**
 * Answers delay requests (producer-proxy.md §14.1, checks 1 to 4). There is no delay service yet, so what passes the checks
 * is refused as well: nothing is taken that would never be delivered.
 */
export class SendDelay {
  readonly #table: TopicTable
  readonly #metrics: ProducerProxyMetrics

  constructor(table: TopicTable, metrics: ProducerProxyMetrics) {
    this.#table = table
    this.#metrics = metrics
  }

  send(message: DelayMessage): Outcome {
    const topic = this.#table.get(message.topic)
    const outcome = this.#outcome(message, topic)
    const tally = topic?.tally ?? this.#metrics.tally(UNSERVED)
    tally.results[outcome.name]++
    return outcome
  }

  #outcome(message: DelayMessage, topic: ActiveTopic | undefined): Outcome {
    const maxBodyBytes = this.#table.maxBodyBytes(topic)
    const problem = problemOfMessage(message.topic, message, message.body, {
      innerTopicPrefix: '',
      maxBodyBytes,
    })
    if (problem !== undefined) return outcomeOf('FAIL_ILLEGAL_MSG', problem)
    if (topic === undefined) return outcomeOf('FAIL_TOPIC_NOT_ALLOWED')
    const prefix = this.#table.innerTopicPrefix
    if (prefix.trim() !== '' && topic.route.topic.startsWith(prefix)) {
      return outcomeOf('FAIL_ILLEGAL_MSG', `topics that begin with ${prefix} belong to the delay service`)
    }
    if (!topic.route.isDelay) return outcomeOf('FAIL_TOPIC_IS_NOT_DELAY')
    return outcomeOf('FAIL_TOPIC_NOT_ALLOWED', 'this proxy has no delay service')
  }
}
