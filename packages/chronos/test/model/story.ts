import { randomUUID } from 'node:crypto'
import { DELAY_TYPES, type DelayId, formatDelayId } from '@ddmq/common/delay'
import type { LogRecord } from '@ddmq/storage'
import {
  BARRIER_KEY,
  cancelName,
  cancelRecord,
  delayDeadLetterTopic,
  delayTableSpec,
  type MessageName,
  messageName,
  messageRecord,
  RETRY_WINDOW_MS,
} from '@ddmq/storage/delay'
import { ChronosService } from './chronos-service.ts'
import { INNER_PREFIX, TABLE } from './messages.ts'
import type { ReadableRecord } from './simulated-brokers.ts'
import type { SimulatedPartition } from './simulated-partition.ts'
import { SimulatedWorld } from './simulated-world.ts'
import type { TopicSetting } from './topic-documents.ts'

export const DEAD_LETTERS = delayDeadLetterTopic(INNER_PREFIX)
const SHARD = '0'
const DAY_SECONDS = 86_400
const APPEND = { deadlineMs: 5_000 } as const

export interface StoryOptions {
  readonly topics: readonly string[]
  readonly settings?: Readonly<Record<string, TopicSetting>>
  readonly seed?: number
  readonly batchCount?: number
  readonly hasDeadLetters?: boolean
  readonly withoutTransactions?: boolean
}

/** A message of a story; `key` is that of what is delivered for its first round. */
export interface StoryMessage {
  readonly topic: string
  readonly name: MessageName
  readonly key: string
  readonly dueMs: number
  readonly record: LogRecord
}

export interface MessageOptions {
  readonly body?: Buffer
  /** A loop of so many. */
  readonly rounds?: number
  readonly intervalSeconds?: number
}

/** One delay service with one shard on simulated brokers, for stories that are told step by step. */
export class Story {
  readonly world: SimulatedWorld
  readonly place
  readonly service: ChronosService
  readonly #producer

  constructor({
    topics,
    settings = {},
    seed = 1,
    batchCount = 2000,
    hasDeadLetters = true,
    withoutTransactions = false,
  }: StoryOptions) {
    this.world = new SimulatedWorld(seed, { hasTransactions: !withoutTransactions })
    this.service = new ChronosService({ batchCount, withoutTransactions })
    const { brokers } = this.world
    brokers.createTopic({ ...delayTableSpec(INNER_PREFIX, 1), tombstoneRetentionMs: DAY_SECONDS * 1000 })
    if (hasDeadLetters) brokers.createTopic({ topic: DEAD_LETTERS, partitions: 1 })
    for (const topic of topics) brokers.createTopic({ topic, partitions: 2 })
    for (const [topic, setting] of Object.entries(settings)) this.service.documents.set(topic, setting)
    this.#producer = this.world.process('producer').cluster
    this.place = this.world.process('a')
  }

  get nowMs(): number {
    return this.world.clock.nowMs()
  }

  /** Begins, and has taken its shard over when that is done. */
  async start(): Promise<void> {
    const disk = this.service.newDisk()
    this.service.start({ instanceId: 'a', ...this.place, disk })
    await this.after(8_000)
  }

  after(ms: number): Promise<void> {
    return this.world.clock.advance(ms)
  }

  [Symbol.dispose](): void {
    this.place.process.kill()
  }

  message(topic: string, dueMs: number, options: MessageOptions = {}): StoryMessage {
    const { body = Buffer.from('x'), rounds = 0, intervalSeconds = 2 } = options
    const timestamp = Math.floor(dueMs / 1000)
    const isLoop = rounds > 0
    const id: DelayId = {
      timestamp,
      type: isLoop ? DELAY_TYPES.loop : DELAY_TYPES.once,
      expire: timestamp + 2 * DAY_SECONDS + rounds * intervalSeconds,
      times: rounds,
      timed: 0,
      interval: isLoop ? intervalSeconds : 0,
      seq: 0,
      uuid: randomUUID(),
    }
    const key = formatDelayId(id)
    const name = messageName({ topic, id: key, milliseconds: dueMs % 1000 })
    return { topic, name, key, dueMs, record: messageRecord(name, { body, headers: [] }, 0) }
  }

  /** Resolves when it was acknowledged, for which time has to pass. */
  async add(topic: string, dueMs: number, options: MessageOptions = {}): Promise<StoryMessage> {
    const message = this.message(topic, dueMs, options)
    await this.#append(message.record)
    return message
  }

  /** All of them at once, and time enough for that. */
  async addAll(count: number, topic: string, dueMs: number, options?: MessageOptions): Promise<void> {
    const adding = Promise.all(Array.from({ length: count }, () => this.add(topic, dueMs, options)))
    await this.after(50)
    await adding
  }

  cancel(message: StoryMessage): Promise<void> {
    return this.#append(cancellation(message))
  }

  /** In the log at this very moment. */
  writeNow(record: LogRecord): void {
    this.world.brokers.append({ topic: TABLE, partition: SHARD, records: [record] })
  }

  delivered(topic: string): readonly ReadableRecord[] {
    return this.world.brokers.readable(topic)
  }

  get table(): SimulatedPartition {
    return this.world.brokers.partition(TABLE, SHARD)
  }

  get takeovers(): number {
    return this.world.brokers.transactions.openings(`${TABLE}-${SHARD}`)
  }

  /** How often the shard or its lane was taken over, or time was asked of the log. */
  get barriers(): number {
    return [...this.table.committed()].filter(({ record }) => isKey(record, BARRIER_KEY)).length
  }

  /** Until such a record is sent to the table; answers what number of writes came before. */
  async untilSent(isWanted: (record: LogRecord) => boolean): Promise<number> {
    const { brokers, clock } = this.world
    const before: number[] = []
    brokers.refuseWhere(({ topic, records }) => {
      if (topic === TABLE && records.some(isWanted)) before.push(brokers.writes)
      return undefined
    })
    while (before.length === 0) await clock.advance(1)
    return Math.min(...before)
  }

  /** Keys of what was delivered to the topic. */
  keys(topic: string): readonly string[] {
    return this.delivered(topic).map(({ key }) => key)
  }

  async #append(record: LogRecord): Promise<void> {
    const [outcome] = await this.#producer.append(
      [{ topic: TABLE, partition: SHARD, records: [record] }],
      APPEND,
    )
    if (outcome === undefined || 'error' in outcome) throw new Error('not acknowledged')
  }
}

export function cancellation({ name, dueMs }: StoryMessage): LogRecord {
  return cancelRecord(cancelName(name), { round: 0, untilMs: dueMs + RETRY_WINDOW_MS }, 0)
}

export function isKey({ key }: LogRecord, wanted: Buffer): boolean {
  return key !== null && wanted.equals(key)
}
