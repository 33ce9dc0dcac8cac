import type { Clock } from '@ddmq/common/clock'
import {
  producerService,
  type DelayMessage as WireDelay,
  type Message as WireMessage,
} from '@ddmq/common/idl'
import { Rejection } from '../core/rejection.ts'
import { ResultCode } from '../core/result-code.ts'
import { toWireCancel, toWireDelay } from '../core/wire-delay.ts'
import { toWireMessage } from '../core/wire-message.ts'
import type { DelayMessage, DelaySpec } from '../delay.ts'
import type { Message } from '../message.ts'
import { integerOption } from '../option-check.ts'
import { DelayRequest } from './delay-request.ts'
import type {
  BatchOptions,
  BatchResult,
  CallOptions,
  CancelOptions,
  DelayResult,
  Producer,
  SendResult,
} from './producer.ts'
import type { ProducerSettings } from './producer-options.ts'
import { type ProducerContext, Router } from './router.ts'
import { sendChains } from './send-chains.ts'
import {
  ABORTED_END,
  allRefused,
  batchResult,
  CLOSED_END,
  delayRefused,
  delayResultOf,
  refused,
  resultOf,
  type SendEnd,
} from './send-result.ts'
import { type SendRequest, SendTask } from './send-task.ts'

/** The producer over sockets. */
export class ProxyProducer implements Producer {
  readonly #context: ProducerContext
  readonly #router: Router
  readonly #shutdown = new AbortController()
  #inFlight = 0
  #closing: Promise<void> | undefined = undefined
  #idle: (() => void) | undefined = undefined

  constructor(settings: ProducerSettings, clock: Clock, random: () => number) {
    this.#context = { settings, clock, random, shutdown: this.#shutdown.signal }
    this.#router = new Router(this.#context)
  }

  async send(message: Message, options: CallOptions = NO_OPTIONS): Promise<SendResult> {
    return this.#sendUntil(message, this.#untilMs(options), options)
  }

  async sendBatch(messages: readonly Message[], options: BatchOptions = NO_OPTIONS): Promise<BatchResult> {
    if (messages.length === 0) return { code: ResultCode.OK, results: [] }
    const untilMs = this.#untilMs(options)
    const mode = options.mode ?? 'rpc'
    if (mode === 'rpc') return batchResult(await this.#sendTogether(messages, untilMs, options))
    return sendChains(messages, mode, message => this.#sendUntil(message, untilMs, options))
  }

  async sendDelay(
    message: DelayMessage,
    delay: DelaySpec,
    options: CallOptions = NO_OPTIONS,
  ): Promise<DelayResult> {
    const untilMs = this.#untilMs(options)
    const wire = toWireDelay(message, delay, this.#context.clock.nowMs())
    if (wire instanceof Rejection) return delayRefused(wire)
    return this.#sendDelayUntil(wire, message.topic, untilMs, options)
  }

  async cancelDelay(
    topic: string,
    delayId: string,
    options: CancelOptions = NO_OPTIONS,
  ): Promise<DelayResult> {
    const untilMs = this.#untilMs(options)
    const wire = toWireCancel(topic, delayId, options.tags)
    if (wire instanceof Rejection) return delayRefused(wire, delayId)
    return this.#sendDelayUntil(wire, topic, untilMs, options)
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? this.#context.settings.deadlineMs)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #sendUntil(message: Message, untilMs: number, options: CallOptions): Promise<SendResult> {
    const startedMs = this.#context.clock.monotonicMs()
    const wire = toWireMessage(message, this.#context.random)
    if (wire instanceof Rejection) return refused(wire, message.key)
    const { proxyTimeoutMs } = this.#context.settings
    const end = await this.#run(
      {
        call: (connection, callOptions) =>
          connection.call(producerService.sendSync, { message: wire, timeout: proxyTimeoutMs }, callOptions),
      },
      untilMs,
      options,
    )
    const elapsedMs = this.#context.clock.monotonicMs() - startedMs
    this.#measure(message.topic, end.code, elapsedMs)
    return resultOf(end, wire.key ?? '', elapsedMs)
  }

  async #sendDelayUntil(
    wire: WireDelay,
    topic: string,
    untilMs: number,
    options: CallOptions,
  ): Promise<DelayResult> {
    const { clock, settings } = this.#context
    const startedMs = clock.monotonicMs()
    const request = new DelayRequest(wire, settings.proxyTimeoutMs)
    const end = await this.#run(request, untilMs, options)
    const elapsedMs = clock.monotonicMs() - startedMs
    this.#measure(topic, end.code, elapsedMs)
    return delayResultOf(end, request.delayId, elapsedMs)
  }

  /** One RPC for all: a message that is refused here refuses the list, as nothing of it may be sent. */
  async #sendTogether(
    messages: readonly Message[],
    untilMs: number,
    options: CallOptions,
  ): Promise<readonly SendResult[]> {
    const startedMs = this.#context.clock.monotonicMs()
    const wires: WireMessage[] = []
    for (const [index, message] of messages.entries()) {
      const wire = toWireMessage(message, this.#context.random)
      if (wire instanceof Rejection) return allRefused(messages, index, wire)
      wires.push(wire)
    }
    const end = await this.#run(
      {
        call: (connection, callOptions) =>
          connection.call(producerService.sendBatchSync, { messages: wires }, callOptions),
      },
      untilMs,
      options,
    )
    const elapsedMs = this.#context.clock.monotonicMs() - startedMs
    for (const { topic } of messages) this.#measure(topic, end.code, elapsedMs)
    return wires.map(wire => resultOf(end, wire.key ?? '', elapsedMs))
  }

  async #run(request: SendRequest, untilMs: number, options: CallOptions): Promise<SendEnd> {
    if (this.#closing !== undefined) return CLOSED_END
    if (options.signal?.aborted) return ABORTED_END
    const { settings } = this.#context
    this.#inFlight += 1
    settings.metrics?.set('ddmq_client_inflight', {}, this.#inFlight)
    const end = await new SendTask(this.#router, this.#context, request, {
      untilMs,
      retryUnknown: options.retryUnknown ?? settings.retryUnknown,
      signal: options.signal,
    }).run()
    this.#inFlight -= 1
    settings.metrics?.set('ddmq_client_inflight', {}, this.#inFlight)
    if (this.#inFlight === 0) this.#idle?.()
    return end
  }

  async #close(timeoutMs: number): Promise<void> {
    if (this.#inFlight > 0) {
      const allEnded = new Promise<void>(resolve => {
        this.#idle = resolve
      })
      const cancel = this.#context.clock.schedule(timeoutMs, () => {
        this.#shutdown.abort()
        this.#router.close()
      })
      await allEnded
      cancel()
    }
    this.#shutdown.abort()
    this.#router.close()
  }

  #untilMs(options: CallOptions): number {
    const { clock, settings } = this.#context
    return clock.monotonicMs() + integerOption('deadlineMs', options.deadlineMs, settings.deadlineMs, 1)
  }

  #measure(topic: string, code: number, elapsedMs: number): void {
    const { metrics } = this.#context.settings
    if (metrics === undefined) return
    metrics.count('ddmq_client_send_total', { topic, code: String(code) }, 1)
    metrics.observe('ddmq_client_send_seconds', { topic }, elapsedMs / 1000)
  }
}

const NO_OPTIONS: CallOptions = {}
