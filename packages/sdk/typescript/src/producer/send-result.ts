import type { Rejection } from '../core/rejection.ts'
import { isSuccess, ResultCode } from '../core/result-code.ts'
import type { Message } from '../message.ts'
import type { BatchResult, DelayResult, SendResult } from './producer.ts'

/** How a send ended; everything a `SendResult` says but the key and the time. */
export type SendEnd = Omit<SendResult, 'key' | 'elapsedMs'>

/** A send on a closed producer. */
export const CLOSED_END: SendEnd = {
  code: ResultCode.CLIENT_STATE,
  message: 'the producer is closed',
  attempts: 0,
  proxy: undefined,
  maybeDuplicate: false,
  retriable: false,
}

/** A send whose signal had fired before it began. */
export const ABORTED_END: SendEnd = {
  ...CLOSED_END,
  code: ResultCode.CANCELLED,
  message: 'the send was aborted before it began',
  retriable: true,
}

export function resultOf(end: SendEnd, key: string, elapsedMs: number): SendResult {
  return {
    code: end.code,
    message: end.message,
    key,
    attempts: end.attempts,
    proxy: end.proxy,
    elapsedMs,
    maybeDuplicate: end.maybeDuplicate,
    retriable: end.retriable,
  }
}

/** Attempts of one delayed message carry one uuid: once one of them is confirmed, the others are that same message. */
export function delayResultOf(end: SendEnd, delayId: string | undefined, elapsedMs: number): DelayResult {
  return { ...end, delayId, elapsedMs, maybeDuplicate: end.maybeDuplicate && !isSuccess(end.code) }
}

/** The result of a message that was refused before any I/O. */
export function refused({ code, message }: Rejection, key = ''): SendResult {
  return resultOf({ ...CLOSED_END, code, message }, key, 0)
}

/** The result of a delayed message, or of a cancel, that was refused before any I/O. */
export function delayRefused({ code, message }: Rejection, delayId?: string): DelayResult {
  return delayResultOf({ ...CLOSED_END, code, message }, delayId, 0)
}

/** The results of a list of which one message was refused: nothing of it was sent. */
export function allRefused(
  messages: readonly Message[],
  index: number,
  reason: Rejection,
): readonly SendResult[] {
  const numbered = { code: reason.code, message: `message ${index}: ${reason.message}` }
  return messages.map(({ key }) => refused(numbered, key))
}

export function batchResult(results: readonly SendResult[]): BatchResult {
  return { code: results.find(({ code }) => !isSuccess(code))?.code ?? ResultCode.OK, results }
}
