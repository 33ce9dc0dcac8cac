/**
 * Structs of the producer service (producer-proxy.md §4). Field ids stand in `idl/producer.thrift`; a test holds both together.
 * Bodies are views into the received frame: copy what is held longer than one request and is small against its frame.
 */

/** One message to publish. The class fixes the field order so that every instance has one hidden shape. */
export class Message {
  topic: string | undefined = undefined
  key: string | undefined = undefined
  /** Body as text of old SDKs, as the bytes received; used only when `body` is absent. */
  value: Uint8Array | undefined = undefined
  /** The 64 bits of `hashId`, as two signed 32-bit words. */
  hashIdHigh = 0
  hashIdLow = 0
  tags: string | undefined = undefined
  /** ≥ 0 explicit, −1 by hashId, ≤ −2 random. */
  partitionId = -1
  body: Uint8Array | undefined = undefined
  version: string | undefined = undefined
  properties: Map<string, string> | undefined = undefined
}

export interface Result {
  readonly code: number
  readonly msg: string
  readonly key?: string | undefined
}

export class DelayMessage {
  topic: string | undefined = undefined
  uniqDelayMsgId: string | undefined = undefined
  body: Uint8Array | undefined = undefined
  tags: string | undefined = undefined
  /** 1 add, 2 cancel. */
  action = 0
  /** Due time, unix seconds. */
  timestamp: number | undefined = undefined
  /** 2 delay, 3 loop, 4 exponential loop. */
  dmsgtype: number | undefined = undefined
  interval: number | undefined = undefined
  expire: number | undefined = undefined
  times: number | undefined = undefined
  uuid: string | undefined = undefined
  version: string | undefined = undefined
  properties: Map<string, string> | undefined = undefined
}

export interface DelayResult {
  readonly code: number
  readonly msg: string
  readonly uniqDelayMsgId?: string | undefined
}

/** Arguments of each method; a struct the client left out is undefined. `timeout` is in ms, 0 when absent. */
export interface SendSyncArgs {
  readonly message: Message | undefined
  readonly timeout: number
}
export interface SendBatchSyncArgs {
  readonly messages: readonly Message[] | undefined
}
export interface SendAsyncArgs {
  readonly message: Message | undefined
}
export interface SendDelaySyncArgs {
  readonly delayMessage: DelayMessage | undefined
  readonly timeout: number
}
