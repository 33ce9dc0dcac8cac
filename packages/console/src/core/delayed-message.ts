import { type DelayId, firstRound, formatDelayId, parseDelayId } from '@ddmq/common/delay'
import type { LogRecord } from '@ddmq/storage'
import { cancelRecord, cancelUntilMs, messageName } from '@ddmq/storage/delay'
import { InvalidRequestError } from '../errors.ts'

/** A round of a delayed message. */
export interface DelayedRound {
  /** As it was asked for. */
  readonly id: DelayId
  /** Round 0 of the message. */
  readonly first: DelayId
}

/** Takes an id as a client has it; throws `CONSOLE_INVALID` where no message can have it (chronos.md §5.1). */
export function delayedRound(text: string): DelayedRound {
  const id = parseDelayId(text)
  if (id === 'shape') throw new InvalidRequestError(`id: ${text} is not the id of a delayed message`)
  if (id === 'type') throw new InvalidRequestError(`id: ${text} is of a kind that is none of 2, 3 and 4`)
  const first = firstRound(id)
  if (first === undefined) throw new InvalidRequestError(`id: no delayed message has the id ${text}`)
  return { id, first }
}

/** Cancels a message of the topic from that round on, at whatever millisecond it is due. */
export function cancelOf(topic: string, { id, first }: DelayedRound, nowMs: number): LogRecord {
  const name = messageName({ topic, id: formatDelayId(first), milliseconds: 0 })
  return cancelRecord(name, { round: id.timed, untilMs: cancelUntilMs(first, nowMs) }, nowMs)
}
