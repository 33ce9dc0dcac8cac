/** Hot path: once per request. */
import type { Clock } from '@ddmq/common/clock'
import type {
  DelayResult,
  producerService,
  Result,
  SendAsyncArgs,
  SendBatchSyncArgs,
  SendDelaySyncArgs,
  SendSyncArgs,
} from '@ddmq/common/idl'
import type { CallContext, ThriftHandlers } from '@ddmq/common/thrift'
import type { Failures } from '../app/failures.ts'
import type { SendBatch } from '../app/send-batch.ts'
import type { SendDelay } from '../app/send-delay.ts'
import type { SendMessage } from '../app/send-message.ts'
import { type Outcome, outcomeOf } from '../core/result-code.ts'
import type { Method, MethodMeter } from '../metrics.ts'

/** Liveness probe of old clients: always 0, nothing is published (producer-proxy.md §7.2). */
const HEARTBEAT_TOPIC = 'carrera_heartbeat'

export interface ProducerHandlersDeps {
  readonly message: SendMessage
  readonly batch: SendBatch
  readonly delay: SendDelay
  readonly failures: Failures
  readonly meters: Readonly<Record<Method, MethodMeter>>
  readonly clock: Clock
}

/**
 * The error boundary: every request is answered once, whatever happens behind (PP-10), and counted once. While the server
 * drains, new work is refused with 20.
 */
export class ProducerHandlers implements ThriftHandlers<typeof producerService> {
  readonly #deps: ProducerHandlersDeps

  constructor(deps: ProducerHandlersDeps) {
    this.#deps = deps
  }

  readonly sendSync = ({ message, timeout }: SendSyncArgs, call: CallContext): Result | Promise<Result> => {
    if (message?.topic === HEARTBEAT_TOPIC) return this.#answerNow('sendSync', outcomeOf('OK'))
    if (call.draining) return this.#answerNow('sendSync', outcomeOf('FAIL_SERVER_SHUTDOWN'))
    if (message === undefined) return this.#answerNow('sendSync', missing('message'))
    return this.#answer('sendSync', () => this.#deps.message.sendSync(message, timeout))
  }

  readonly sendAsync = ({ message }: SendAsyncArgs, call: CallContext): Result | Promise<Result> => {
    if (call.draining) return this.#answerNow('sendAsync', outcomeOf('FAIL_SERVER_SHUTDOWN'))
    if (message === undefined) return this.#answerNow('sendAsync', missing('message'))
    return this.#answer('sendAsync', () => this.#deps.message.sendAsync(message))
  }

  readonly sendBatchSync = (
    { messages = [] }: SendBatchSyncArgs,
    call: CallContext,
  ): Result | Promise<Result> => {
    if (call.draining) return this.#answerNow('sendBatchSync', outcomeOf('FAIL_SERVER_SHUTDOWN'))
    return this.#answer('sendBatchSync', () => this.#deps.batch.send(messages))
  }

  readonly sendDelaySync = async (args: SendDelaySyncArgs, call: CallContext): Promise<DelayResult> => {
    const outcome = await this.#delayOutcome(args, call)
    return 'uniqDelayMsgId' in outcome ? outcome : { ...outcome, uniqDelayMsgId: '' }
  }

  #delayOutcome({ delayMessage, timeout }: SendDelaySyncArgs, call: CallContext): Outcome | Promise<Outcome> {
    if (call.draining) return this.#answerNow('sendDelaySync', outcomeOf('FAIL_SERVER_SHUTDOWN'))
    if (delayMessage === undefined) return this.#answerNow('sendDelaySync', missing('delayMessage'))
    return this.#answer('sendDelaySync', () => this.#deps.delay.send(delayMessage, timeout))
  }

  #answer(method: Method, send: () => Outcome | Promise<Outcome>): Outcome | Promise<Outcome> {
    const { clock, meters, failures } = this.#deps
    const meter = meters[method]
    const startedMs = clock.monotonicMs()
    meter.inFlight++
    let outcome: Outcome | Promise<Outcome>
    try {
      outcome = send()
    } catch (thrown) {
      outcome = failures.unexpected(thrown)
    }
    if (outcome instanceof Promise) return this.#answerLater(meter, startedMs, outcome)
    meter.finished(outcome.name, clock.monotonicMs() - startedMs)
    return outcome
  }

  async #answerLater(meter: MethodMeter, startedMs: number, later: Promise<Outcome>): Promise<Outcome> {
    let outcome: Outcome
    try {
      outcome = await later
    } catch (thrown) {
      outcome = this.#deps.failures.unexpected(thrown)
    }
    meter.finished(outcome.name, this.#deps.clock.monotonicMs() - startedMs)
    return outcome
  }

  #answerNow(method: Method, outcome: Outcome): Outcome {
    const meter = this.#deps.meters[method]
    meter.inFlight++
    meter.finished(outcome.name, 0)
    return outcome
  }
}

function missing(what: string): Outcome {
  return outcomeOf('FAIL_ILLEGAL_MSG', `${what} is missing`)
}
