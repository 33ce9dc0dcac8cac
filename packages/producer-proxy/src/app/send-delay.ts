import type { DelayMessage } from '@ddmq/common/idl'
import { checkDelay } from '../core/delay-request.ts'
import { type Outcome, outcomeOf } from '../core/result-code.ts'
import { problemOfMessage } from '../core/validation.ts'
import type { ActiveTopic } from './active-topic.ts'
import { AddDelayed } from './add-delayed.ts'
import { CancelDelayed } from './cancel-delayed.ts'
import { DelayTables } from './delay-tables.ts'
import type { SendDeps } from './send-message.ts'

/**
 * Takes delay messages and their cancels (producer-proxy.md §14): checks them and puts them into the table of the delay
 * service.
 */
export class SendDelay {
  readonly #deps: SendDeps
  readonly #adds: AddDelayed
  readonly #cancels: CancelDelayed

  constructor(deps: SendDeps) {
    this.#deps = deps
    const tables = new DelayTables(deps)
    this.#adds = new AddDelayed(deps, tables)
    this.#cancels = new CancelDelayed(deps, tables)
  }

  /** `timeoutMs` of 0 or less: the configured wait decides. */
  send(message: DelayMessage, timeoutMs: number): Outcome | Promise<Outcome> {
    const { table, clock } = this.#deps
    const topic = table.get(message.topic)
    const { body } = message
    const maxBodyBytes = table.maxBodyBytes(topic)
    const problem = problemOfMessage(message.topic, message, body, { innerTopicPrefix: '', maxBodyBytes })
    if (problem !== undefined || body === undefined) {
      return this.#refuse(topic, outcomeOf('FAIL_ILLEGAL_MSG', problem))
    }
    if (topic === undefined) return this.#refuse(topic, outcomeOf('FAIL_TOPIC_NOT_ALLOWED'))
    const rules = { innerTopicPrefix: table.innerTopicPrefix, nowMs: clock.nowMs() }
    const request = checkDelay(message, body, topic.route, rules)
    if ('code' in request) return this.#refuse(topic, request)
    return request.action === 'add'
      ? this.#adds.send(topic, request, timeoutMs)
      : this.#cancels.send(topic, request, timeoutMs)
  }

  #refuse(topic: ActiveTopic | undefined, outcome: Outcome): Outcome {
    this.#deps.metrics.refused(topic?.tally, outcome.name)
    return outcome
  }
}
