import { type DelayId, formatDelayId } from '@ddmq/common/delay'
import type { LogRecord, StoredRecord } from '@ddmq/storage'
import { type MessageName, messageName } from '@ddmq/storage/delay'

const UUID = '00000000-0000-4000-8000-00000000000'

/** First due second of the messages of these tests; anything after it is within their small world. */
export const START_SECOND = 1_800_000_000
export const START_MS = START_SECOND * 1000

export function nameOf(
  topic: string,
  { digit = 0, milliseconds = 0, ...id }: Partial<DelayId> & { digit?: number; milliseconds?: number } = {},
): MessageName {
  const whole: DelayId = {
    timestamp: START_SECOND,
    type: 2,
    expire: START_SECOND + 172_800,
    times: 0,
    timed: 0,
    interval: 0,
    seq: 3,
    uuid: `${UUID}${digit}`,
    ...id,
  }
  return messageName({ topic, id: formatDelayId(whole), milliseconds })
}

/** As the log would give them back from an offset on. */
export function stored(records: readonly LogRecord[], baseOffset = 0): readonly StoredRecord[] {
  return records.map((record, index) => ({ ...record, offset: baseOffset + index }))
}
