import { randomUUID } from 'node:crypto'
import { formatDelayId } from '@ddmq/common/delay'

const ONCE = 2
const SECONDS_TO_EXPIRY = 172_800

/** Id of a message that is delivered once, in that second. */
export function onceId(dueSecond: number, shard: number): string {
  return formatDelayId({
    timestamp: dueSecond,
    type: ONCE,
    expire: dueSecond + SECONDS_TO_EXPIRY,
    times: 0,
    timed: 0,
    interval: 0,
    seq: shard,
    uuid: randomUUID(),
  })
}
