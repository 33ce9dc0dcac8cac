import { randomUUID } from 'node:crypto'
import { DelayMessage } from '@ddmq/common/idl'

/** Due in a minute, to topic `delay`, with a uuid of its own. */
export function addOnce(change: Partial<DelayMessage> = {}): DelayMessage {
  return Object.assign(new DelayMessage(), {
    topic: 'delay',
    body: Buffer.from('x'),
    action: 1,
    dmsgtype: 2,
    timestamp: secondsAhead(60),
    uuid: randomUUID(),
    ...change,
  })
}

/** Ten rounds within a day. */
export function addLoop(change: Partial<DelayMessage> = {}): DelayMessage {
  const timestamp = secondsAhead(60)
  return addOnce({ dmsgtype: 3, timestamp, interval: 10, times: 10, expire: timestamp + 86_400, ...change })
}

export function cancel(uniqDelayMsgId: string | undefined, change: Partial<DelayMessage> = {}): DelayMessage {
  const body = Buffer.from('c')
  return Object.assign(new DelayMessage(), { topic: 'delay', body, action: 2, uniqDelayMsgId, ...change })
}

export function secondsAhead(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds
}
