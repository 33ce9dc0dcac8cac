import { systemClock } from '@ddmq/common/clock'
import type { DelayMessage as WireDelay, Message as WireMessage } from '@ddmq/common/idl'
import { Rejection } from '../core/rejection.ts'
import { ResultCode } from '../core/result-code.ts'
import { toWireCancel, toWireDelay } from '../core/wire-delay.ts'
import { toWireMessage } from '../core/wire-message.ts'
import type { DelayMessage, DelaySpec } from '../delay.ts'
import type { Message } from '../message.ts'
import type {
  BatchOptions,
  BatchResult,
  CallOptions,
  CancelOptions,
  DelayResult,
  Producer,
  SendResult,
} from '../producer/producer.ts'
import { sendChains } from '../producer/send-chains.ts'
import {
  ABORTED_END,
  allRefused,
  batchResult,
  CLOSED_END,
  delayRefused,
  delayResultOf,
  resultOf,
} from '../producer/send-result.ts'
import type { MemoryBroker } from './memory-broker.ts'

/** A producer without sockets: the same validation and the same results, stored in memory. */
export class MemoryProducer implements Producer {
  readonly #broker: MemoryBroker
  readonly #failures: number[]
  #closed = false

  /** `failures` are the codes of the next sends, taken from the front; empty means success. */
  constructor(broker: MemoryBroker, failures: number[]) {
    this.#broker = broker
    this.#failures = failures
  }

  async send(message: Message, options: CallOptions = {}): Promise<SendResult> {
    const [result] = this.#sendAll([message], options)
    return result ?? resultOf(CLOSED_END, '', 0)
  }

  async sendBatch(messages: readonly Message[], options: BatchOptions = {}): Promise<BatchResult> {
    const mode = options.mode ?? 'rpc'
    if (mode === 'rpc') return batchResult(this.#sendAll(messages, options))
    return sendChains(messages, mode, message => this.send(message, options))
  }

  async sendDelay(message: DelayMessage, delay: DelaySpec, options: CallOptions = {}): Promise<DelayResult> {
    const wire = toWireDelay(message, delay, systemClock.nowMs())
    return this.#submitDelay(wire, undefined, options)
  }

  async cancelDelay(topic: string, delayId: string, options: CancelOptions = {}): Promise<DelayResult> {
    return this.#submitDelay(toWireCancel(topic, delayId, options.tags), delayId, options)
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #submitDelay(wire: WireDelay | Rejection, delayId: string | undefined, options: CallOptions): DelayResult {
    if (wire instanceof Rejection) return delayRefused(wire, delayId)
    if (this.#closed) return delayResultOf(CLOSED_END, delayId, 0)
    if (options.signal?.aborted) return delayResultOf(ABORTED_END, delayId, 0)
    const code = this.#failures.shift() ?? ResultCode.OK
    if (code !== ResultCode.OK) return delayResultOf(endOf(code), delayId, 0)
    return delayResultOf(endOf(code), this.#broker.delays.apply(wire), 0)
  }

  /** All or nothing, with one outcome. */
  #sendAll(messages: readonly Message[], options: CallOptions): readonly SendResult[] {
    if (this.#closed) return messages.map(({ key }) => resultOf(CLOSED_END, key ?? '', 0))
    if (options.signal?.aborted) return messages.map(({ key }) => resultOf(ABORTED_END, key ?? '', 0))
    const wires: WireMessage[] = []
    for (const [index, message] of messages.entries()) {
      const wire = toWireMessage(message, Math.random)
      if (wire instanceof Rejection) return allRefused(messages, index, wire)
      wires.push(wire)
    }
    const code = this.#failures.shift() ?? ResultCode.OK
    if (code === ResultCode.OK) for (const wire of wires) this.#broker.store(wire)
    return wires.map(wire => resultOf(endOf(code), wire.key ?? '', 0))
  }
}

function endOf(code: number): Omit<SendResult, 'key' | 'elapsedMs'> {
  return {
    code,
    message: code === ResultCode.OK ? 'OK' : 'failed by the test',
    attempts: 1,
    proxy: 'memory',
    maybeDuplicate: false,
    retriable: code !== ResultCode.OK,
  }
}
