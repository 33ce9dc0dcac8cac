import type { Clock } from '@ddmq/common/clock'
import { type Logger, type RateLimitedLog, rateLimited } from '@ddmq/common/log'
import { StorageError } from '@ddmq/storage'
import { type Outcome, outcomeOf, RESULT_OF_STORAGE_ERROR } from '../core/result-code.ts'
import type { DropReason } from '../metrics.ts'
import type { ActiveTopic } from './active-topic.ts'

const SAME_LINE_EVERY_MS = 1_000

/** Turns what a send threw into the caller's result, and tells the operator, at most once a second per kind of line. */
export class Failures {
  readonly #clock: Clock
  readonly #log: RateLimitedLog

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock
    this.#log = rateLimited(log, SAME_LINE_EVERY_MS, clock)
  }

  /**
   * `dueMs` (monotonic) is when the caller's time is over: what nobody has answered by then is 12. What the engine refused
   * for want of time to try it again is `unavailable`, so 10, whenever that is (PP-30).
   */
  outcomeOf(thrown: unknown, topic: ActiveTopic, dueMs: number): Outcome {
    if (!(thrown instanceof StorageError)) return this.unexpected(thrown)
    const { kind, message } = thrown
    const result = RESULT_OF_STORAGE_ERROR[kind]
    if (kind === 'unknownTopic') this.#drop('TOPIC_NOT_EXIST', topic, message)
    if (kind === 'tooLarge') this.#drop('MESSAGE_TOO_LARGE', topic, message)
    if (result === 'FAIL_TIMEOUT') return outcomeOf(result)
    if (kind === 'retriable' && this.#clock.monotonicMs() >= dueMs) return outcomeOf('FAIL_TIMEOUT')
    if (result === 'FAIL_UNKNOWN') {
      this.#log.warn({ topic: topic.route.topic, errorCode: thrown.code, err: thrown }, 'message not stored')
    }
    return outcomeOf(result, message)
  }

  /** A bug: the caller gets its answer all the same (PP-10). */
  unexpected(thrown: unknown): Outcome {
    this.#log.error({ err: thrown }, 'request failed unexpectedly')
    return outcomeOf('FAIL_UNKNOWN')
  }

  #drop(reason: DropReason, topic: ActiveTopic, message: string): void {
    topic.tally.drops[reason]++
    this.#log.info({ topic: topic.route.topic, reason, detail: message }, 'message dropped')
  }
}
