import type { Result } from '@ddmq/common/idl'
import {
  ApplicationError,
  type CallOptions,
  NotSentError,
  OutcomeUnknownError,
  type ThriftConnection,
} from '@ddmq/common/thrift'
import { backoffMs } from '../core/backoff.ts'
import { isSuccess, ResultCode } from '../core/result-code.ts'
import { type AttemptOutcome, type RetryRule, ruleFor } from '../core/retry-rule.ts'
import { type Lease, PoolExhaustedError } from '../net/connection-pool.ts'
import type { ProducerContext, ProducerEndpoint, Router } from './router.ts'
import type { SendEnd } from './send-result.ts'

/** One exchange with a proxy, made again for every attempt. */
export interface SendRequest {
  call(connection: ThriftConnection, options: CallOptions): Promise<Result>
}

export interface SendLimits {
  /** Monotonic. */
  readonly untilMs: number
  readonly retryUnknown: boolean
  readonly signal: AbortSignal | undefined
}

interface Attempt {
  readonly outcome: AttemptOutcome
  readonly message: string
}

/** The task ends whatever the retry rules say. */
class Ended extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * One message (or one batch request) on its way: attempts, pauses and the deadline (sdk.md §19.2). Hot path.
 *
 * I1 nothing of it lasts longer than `untilMs`, waits included;
 * I2 a connection on which a request did not get its whole reply is closed, never used again;
 * I3 `maybeDuplicate` is true exactly if some attempt, the last or an earlier one, may be stored without having been
 *    confirmed; the text of a failure then says so, whatever ended the last attempt;
 * I4 no pause follows the last attempt.
 */
export class SendTask {
  readonly #router: Router
  readonly #context: ProducerContext
  readonly #request: SendRequest
  readonly #limits: SendLimits
  #attempts = 0
  #maybeStored = false
  #tried: readonly ProducerEndpoint[] = NONE
  #endpoint: ProducerEndpoint | undefined = undefined

  constructor(router: Router, context: ProducerContext, request: SendRequest, limits: SendLimits) {
    this.#router = router
    this.#context = context
    this.#request = request
    this.#limits = limits
  }

  /** Never rejects. */
  async run(): Promise<SendEnd> {
    try {
      for (;;) {
        const endpoint = this.#router.choose(this.#tried)
        this.#endpoint = endpoint
        const attempt = await this.#attempt(endpoint)
        const rule = ruleFor(attempt.outcome)
        this.#learn(endpoint, attempt.outcome, rule)
        if (rule.retry === 'never' || !(await this.#mayRetry(rule, endpoint)))
          return this.#end(codeOf(attempt.outcome), attempt.message, rule.retry !== 'never')
      }
    } catch (thrown) {
      if (thrown instanceof Ended) return this.#end(thrown.code, thrown.message, true)
      return this.#end(ResultCode.CLIENT_STATE, String(thrown), false)
    }
  }

  #end(code: number, message: string, retriable: boolean): SendEnd {
    return {
      code,
      message: this.#maybeStored && !isSuccess(code) ? `${message}; it may have been stored` : message,
      attempts: this.#attempts,
      proxy: this.#attempts === 0 ? undefined : this.#endpoint?.name,
      maybeDuplicate: this.#maybeStored,
      retriable,
    }
  }

  async #attempt(endpoint: ProducerEndpoint): Promise<Attempt> {
    endpoint.inFlight += 1
    this.#attempts += 1
    try {
      return (await this.#exchange(endpoint, true)) ?? (await this.#exchange(endpoint, false)) ?? LOST
    } finally {
      endpoint.inFlight -= 1
    }
  }

  /** Undefined when a reused connection turned out to be dead and the request may be repeated on a new one. */
  async #exchange(endpoint: ProducerEndpoint, mayReplay: boolean): Promise<Attempt | undefined> {
    let lease: Lease<ThriftConnection>
    try {
      lease = endpoint.pool.take() ?? (await this.#waitForConnection(endpoint))
    } catch (thrown) {
      if (thrown instanceof PoolExhaustedError) {
        this.#attempts -= 1
        throw new Ended(ResultCode.POOL_EXHAUSTED, thrown.message)
      }
      this.#throwIfEnded(thrown)
      return { outcome: NOT_SENT, message: textOf(thrown) }
    }
    try {
      const result = await this.#request.call(lease.connection, this.#callOptions())
      endpoint.pool.release(lease)
      return { outcome: { kind: 'answered', code: result.code }, message: result.msg }
    } catch (thrown) {
      return this.#explain(thrown, endpoint, lease, mayReplay)
    }
  }

  async #waitForConnection(endpoint: ProducerEndpoint): Promise<Lease<ThriftConnection>> {
    const { clock, settings } = this.#context
    const sinceMs = clock.monotonicMs()
    try {
      return await endpoint.pool.acquire(this.#limits.untilMs, this.#interruption())
    } finally {
      const seconds = (clock.monotonicMs() - sinceMs) / 1000
      settings.metrics?.observe('ddmq_client_pool_wait_seconds', { endpoint: endpoint.name }, seconds)
    }
  }

  #explain(
    thrown: unknown,
    endpoint: ProducerEndpoint,
    lease: Lease<ThriftConnection>,
    mayReplay: boolean,
  ): Attempt | undefined {
    if (thrown instanceof ApplicationError) {
      endpoint.pool.release(lease)
      return { outcome: thrown.type === UNKNOWN_METHOD ? NO_METHOD : INTERNAL_ERROR, message: thrown.message }
    }
    endpoint.pool.discard(lease)
    const notSent = thrown instanceof NotSentError
    if (!notSent) this.#maybeStored = true
    this.#throwIfEnded(thrown)
    if (mayReplay && lease.reused && this.#isLost(thrown)) {
      endpoint.pool.dropIdle()
      return undefined
    }
    return { outcome: notSent ? NOT_SENT : NO_REPLY, message: textOf(thrown) }
  }

  /** The connection broke, as a reused one may have done long ago, and the caller accepts that it is tried again. */
  #isLost(thrown: unknown): boolean {
    if (thrown instanceof NotSentError) return true
    const isLost = thrown instanceof OutcomeUnknownError && thrown.timeoutMs === undefined
    return isLost && this.#limits.retryUnknown
  }

  #learn(endpoint: ProducerEndpoint, outcome: AttemptOutcome, rule: RetryRule): void {
    if (rule.maybeStored) this.#maybeStored = true
    this.#router.report(endpoint, rule.health)
    this.#context.settings.metrics?.count(
      'ddmq_client_send_attempts_total',
      { endpoint: endpoint.name, code: String(codeOf(outcome)) },
      1,
    )
  }

  /** Pauses as the rule wants; false when the outcome is final. */
  async #mayRetry(rule: RetryRule, endpoint: ProducerEndpoint): Promise<boolean> {
    const { settings, clock, random } = this.#context
    if (settings.maxRetries === 0) return false
    if (rule.retry !== 'until-deadline' && this.#attempts > settings.maxRetries) return false
    if (rule.retry === 'if-unknown' && !this.#limits.retryUnknown) return false
    if (rule.retry !== 'until-deadline') this.#tried = [...this.#tried, endpoint]
    const elsewhere = this.#router.endpoints.some(other => !this.#tried.includes(other))
    if (rule.retry === 'at-once' && elsewhere) return true
    const pauseMs = backoffMs(this.#attempts, settings.backoffMs, settings.backoffMaxMs, random)
    if (pauseMs >= this.#remainingMs()) return false
    await clock.sleep(pauseMs, this.#interruption()).catch(() => this.#throwIfEnded())
    return true
  }

  #throwIfEnded(failure?: unknown): void {
    if (this.#limits.signal?.aborted) throw new Ended(ResultCode.CANCELLED, 'the send was aborted')
    if (this.#context.shutdown.aborted) throw new Ended(ResultCode.CLIENT_STATE, 'the producer was closed')
    if (this.#remainingMs() < 1 || this.#isCut(failure))
      throw new Ended(ResultCode.DEADLINE_EXCEEDED, 'the deadline passed')
  }

  /** The deadline left it less time than it may take, and it took that. The clock may say so a little later than the timer. */
  #isCut(failure: unknown): boolean {
    const { connectTimeoutMs, requestTimeoutMs } = this.#context.settings
    if (failure instanceof NotSentError) return (failure.timeoutMs ?? connectTimeoutMs) < connectTimeoutMs
    if (failure instanceof OutcomeUnknownError)
      return (failure.timeoutMs ?? requestTimeoutMs) < requestTimeoutMs
    return false
  }

  #callOptions(): CallOptions {
    const { signal } = this.#limits
    const timeoutMs = Math.max(1, Math.min(this.#context.settings.requestTimeoutMs, this.#remainingMs()))
    return signal === undefined ? { timeoutMs } : { timeoutMs, signal }
  }

  #remainingMs(): number {
    return this.#limits.untilMs - this.#context.clock.monotonicMs()
  }

  /** Made only where something waits: the usual send finds an idle connection and makes no signal. */
  #interruption(): AbortSignal {
    const { signal } = this.#limits
    return signal === undefined ? this.#context.shutdown : AbortSignal.any([signal, this.#context.shutdown])
  }
}

const NONE: readonly ProducerEndpoint[] = []
const UNKNOWN_METHOD = 1
const NOT_SENT: AttemptOutcome = { kind: 'not-sent' }
const NO_REPLY: AttemptOutcome = { kind: 'no-reply' }
const NO_METHOD: AttemptOutcome = { kind: 'unknown-method' }
const INTERNAL_ERROR: AttemptOutcome = { kind: 'internal-error' }
const LOST: Attempt = { outcome: NO_REPLY, message: 'the connection was lost' }

function codeOf(outcome: AttemptOutcome): number {
  if (outcome.kind === 'answered') return outcome.code
  const isThrift = outcome.kind === 'unknown-method' || outcome.kind === 'internal-error'
  return isThrift ? ResultCode.THRIFT_EXCEPTION : ResultCode.NETWORK
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
