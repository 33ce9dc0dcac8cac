import {
  DELAY_TYPES,
  type DelayId,
  type DelayType,
  formatDelayId,
  lastRound,
  roundOf,
} from '@ddmq/common/delay'
import { delayTableTopic, type MessageName, messageName } from '@ddmq/storage/delay'

export const INNER_PREFIX = 'chronos_inner_'
export const TABLE = delayTableTopic(INNER_PREFIX)
export const TOPICS = ['later-0', 'later-1'] as const
export const SHARDS = 2
/** True time at which each run begins. */
export const START_MS = 1_700_000_000_000

/** What a generated message is like. */
export interface MessageSpec {
  readonly topic: (typeof TOPICS)[number]
  readonly shard: number
  /** After the start of the run. */
  readonly dueMs: number
  readonly type: DelayType
  readonly times: number
  readonly intervalSeconds: number
  /** Of loops: seconds after the first round at which the last may be due. */
  readonly expireSeconds: number
}

export interface Message {
  readonly topic: string
  readonly shard: string
  readonly name: MessageName
  readonly body: string
  /** Every round there is, by its number. */
  readonly rounds: readonly MessageRound[]
}

interface MessageRound {
  /** Key of the delivered record. */
  readonly id: string
  readonly dueMs: number
}

/** The message that stands at that place of the deck. */
export function messageOf(spec: MessageSpec, place: number): Message {
  const dueMs = START_MS + spec.dueMs
  const milliseconds = dueMs % 1000
  const timestamp = Math.floor(dueMs / 1000)
  const isOnce = spec.type === DELAY_TYPES.once
  const first: DelayId = {
    timestamp,
    type: spec.type,
    expire: timestamp + (isOnce ? 172_800 : spec.expireSeconds),
    times: isOnce ? 0 : spec.times,
    timed: 0,
    interval: isOnce ? 0 : spec.intervalSeconds,
    seq: spec.shard,
    uuid: `0000000${place}-0000-0000-0000-000000000000`,
  }
  const rounds = Array.from({ length: lastRound(first) + 1 }, (_, round) => {
    const id = roundOf(first, round)
    return { id: formatDelayId(id), dueMs: id.timestamp * 1000 + milliseconds }
  })
  const { topic, shard } = spec
  const name = messageName({ topic, id: formatDelayId(first), milliseconds })
  return { topic, shard: String(shard), name, body: `body ${place}`, rounds }
}
