import { randomUUID } from 'node:crypto'
import { type DelayId, formatDelayId, lastRound, roundOf } from '@ddmq/common/delay'
import { encodeMessageHeaders, type LogCluster, type LogRecord, type StoredRecord } from '@ddmq/storage'
import { cancelRecord, messageName, messageRecord } from '@ddmq/storage/delay'

const CALL = { deadlineMs: 60_000 }
const AT_A_TIME = 1000

/** A cluster with a table of delayed messages. */
export interface DelayLog {
  readonly cluster: LogCluster
  readonly table: string
}

export interface AddOptions extends Partial<DelayId> {
  readonly topic?: string
  readonly milliseconds?: number
  readonly body?: Uint8Array
  readonly tags?: string
  readonly properties?: ReadonlyMap<string, string>
}

export interface Added {
  readonly id: DelayId
  readonly topic: string
  readonly name: string
}

/** A message that is due at `dueMs`, and what a producer proxy stores for its add. */
export function delayedMessage(
  dueMs: number,
  options: AddOptions = {},
): { readonly added: Added; readonly record: LogRecord } {
  const { topic = 'later', body = Buffer.from('hello'), tags, properties, ...own } = options
  const timestamp = Math.floor(dueMs / 1000)
  const { milliseconds = Math.floor(dueMs % 1000), ...idParts } = own
  const id: DelayId = {
    timestamp,
    type: 2,
    expire: timestamp + 172_800,
    times: 0,
    timed: 0,
    interval: 0,
    seq: 0,
    uuid: randomUUID(),
    ...idParts,
  }
  const name = messageName({ topic, id: formatDelayId(id), milliseconds })
  const headers = encodeMessageHeaders(tags, properties)
  return { added: { id, topic, name }, record: messageRecord(name, { body, headers }, Date.now()) }
}

/** What a producer proxy stores for a cancel. */
export function cancelOf({ id, topic }: Pick<Added, 'id' | 'topic'>, round = 0): LogRecord {
  const name = messageName({ topic, id: formatDelayId(id), milliseconds: 0 })
  const untilMs = roundOf(id, Math.max(0, lastRound(id))).timestamp * 1000 + 600_000
  return cancelRecord(name, { round, untilMs }, Date.now())
}

export async function addMessage(log: DelayLog, dueMs: number, options: AddOptions = {}): Promise<Added> {
  const { added, record } = delayedMessage(dueMs, options)
  await appendToShard(log, added.id.seq, [record])
  return added
}

export async function cancelMessage(
  log: DelayLog,
  message: Pick<Added, 'id' | 'topic'>,
  round = 0,
): Promise<void> {
  await appendToShard(log, message.id.seq, [cancelOf(message, round)])
}

export async function appendToShard(
  { cluster, table }: DelayLog,
  seq: number,
  records: readonly LogRecord[],
): Promise<void> {
  for (let from = 0; from < records.length; from += AT_A_TIME) {
    const some = records.slice(from, from + AT_A_TIME)
    const [outcome] = await cluster.append([{ topic: table, partition: `${seq}`, records: some }], CALL)
    if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new Error('no outcome')
  }
}

/** Every record of a topic that a read-committed reader sees now. */
export async function readTopic(cluster: LogCluster, topic: string): Promise<readonly StoredRecord[]> {
  return new TopicReader(cluster, topic).readOn()
}

/** Reads a topic, read-committed, from its start. */
export class TopicReader {
  readonly records: StoredRecord[] = []
  readonly #cluster: LogCluster
  readonly #topic: string
  readonly #offsets = new Map<string, number>()
  /** One at a time: each goes on where the last one ended. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(cluster: LogCluster, topic: string) {
    this.#cluster = cluster
    this.#topic = topic
  }

  /** To the end of now; answers all records so far. */
  readOn(): Promise<readonly StoredRecord[]> {
    const result = this.#last.then(() => this.#readAll())
    this.#last = result.catch(() => undefined) // Told to the caller; the next one reads on from where it came to.
    return result
  }

  async #readAll(): Promise<readonly StoredRecord[]> {
    for (const partition of await this.#cluster.partitions(this.#topic)) {
      let isAtEnd = false
      while (!isAtEnd) isAtEnd = await this.#read(partition)
    }
    return this.records
  }

  async #read(partition: string): Promise<boolean> {
    const offset =
      this.#offsets.get(partition) ?? (await this.#cluster.identity(this.#topic, partition)).startOffset
    const [result] = await this.#cluster.read(
      [{ topic: this.#topic, partition, offset }],
      { maxBytes: 1 << 22, maxWaitMs: 0, fromLeader: true },
      CALL,
    )
    if (result === undefined) throw new Error(`topic ${this.#topic}: no answer`)
    if (result.error !== undefined) throw result.error
    this.records.push(...result.records)
    this.#offsets.set(partition, result.nextOffset)
    return result.nextOffset === offset
  }
}
