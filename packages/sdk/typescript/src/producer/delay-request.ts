import { producerService, type Result, type DelayMessage as WireDelay } from '@ddmq/common/idl'
import type { CallOptions, ThriftConnection } from '@ddmq/common/thrift'
import type { SendRequest } from './send-task.ts'

/** One add or cancel. Remembers the id of the message, which an answer may bring even when it says that it failed. */
export class DelayRequest implements SendRequest {
  delayId: string | undefined
  readonly #wire: WireDelay
  readonly #proxyTimeoutMs: number

  constructor(wire: WireDelay, proxyTimeoutMs: number) {
    this.#wire = wire
    this.#proxyTimeoutMs = proxyTimeoutMs
    this.delayId = wire.uniqDelayMsgId
  }

  async call(connection: ThriftConnection, options: CallOptions): Promise<Result> {
    const { code, msg, uniqDelayMsgId } = await connection.call(
      producerService.sendDelaySync,
      { delayMessage: this.#wire, timeout: this.#proxyTimeoutMs },
      options,
    )
    if (uniqDelayMsgId !== undefined && uniqDelayMsgId !== '') this.delayId = uniqDelayMsgId
    return { code, msg }
  }
}
