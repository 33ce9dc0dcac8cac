import type { DelayMessage, DelaySpec } from '../delay.ts'
import type { Message } from '../message.ts'

export interface CallOptions {
  /** Overrides the producer's `deadlineMs` for this call. */
  readonly deadlineMs?: number
  /** Ends the call with code 108; what is under way may still be stored. */
  readonly signal?: AbortSignal
  /** Overrides the producer's `retryUnknown` for this call. */
  readonly retryUnknown?: boolean
}

/**
 * `rpc`: one request for the whole list, one answer for all of it; a retry repeats the whole list.
 * `ordered`: one after another, ending at the first that fails; the rest gets that failure's code with 0 attempts.
 * `parallel`: at once, but messages with the same topic and `hashId` one after another.
 */
export type BatchMode = 'rpc' | 'ordered' | 'parallel'

export interface BatchOptions extends CallOptions {
  /** `rpc` when absent. The deadline holds for the whole batch. */
  readonly mode?: BatchMode
}

/** What became of one message. Failures are results, not exceptions; see `toResultOrThrow`. */
export interface SendResult {
  /** One of `ResultCode`: 0 is stored as configured. */
  readonly code: number
  /** For people: how the last attempt ended, and when any of them may be stored, that too. */
  readonly message: string
  /** The message's key, also when it was generated. */
  readonly key: string
  /** Requests that were started. */
  readonly attempts: number
  /** The endpoint of the last attempt; undefined when none was made. */
  readonly proxy: string | undefined
  readonly elapsedMs: number
  /** An attempt without a confirmation may be stored as well. With a failing code: the message may be stored after all. */
  readonly maybeDuplicate: boolean
  /** The same send may succeed later without anybody changing anything. */
  readonly retriable: boolean
}

export interface BatchResult {
  /** The code of the first message that failed, else 0. */
  readonly code: number
  /** One per message, in the order of the list. */
  readonly results: readonly SendResult[]
}

export interface CancelOptions extends CallOptions {
  /** As of a message. The original servers store them with the cancel; ours does not read them. */
  readonly tags?: Message['tags']
}

/** What became of a delayed message, or of its cancel. */
export interface DelayResult extends Omit<SendResult, 'key'> {
  /** Names the message to `cancelDelay`. Undefined when no server answered with it; a failing answer may have it, too. */
  readonly delayId: string | undefined
  /** Only with a failing code: it may be stored after all. All attempts of one call are one message, which is delivered once. */
  readonly maybeDuplicate: boolean
}

/** Publishes messages. Safe to share by everything in the process; opens connections when they are needed. */
export interface Producer extends AsyncDisposable {
  /** A refused or failed message is a result with its code; rejects only when the arguments are of wrong types. */
  send(message: Message, options?: CallOptions): Promise<SendResult>
  sendBatch(messages: readonly Message[], options?: BatchOptions): Promise<BatchResult>
  /** Has a topic of delayed messages deliver it later. Rejects as `send` does, and for a member of `delay` that does not exist. */
  sendDelay(message: DelayMessage, delay: DelaySpec, options?: CallOptions): Promise<DelayResult>
  /**
   * Takes back what is not delivered yet of the message that was sent to `topic`: all rounds from the one `delayId` names on.
   * Code 0 says that the cancel is stored, not that there was something to take back. A round that is due by then may still
   * come.
   */
  cancelDelay(topic: string, delayId: string, options?: CancelOptions): Promise<DelayResult>
  /**
   * Takes no new sends (101), waits for those under way up to `timeoutMs` (the producer's deadline), ends the rest with 101,
   * closes all connections. May be called again.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}
