import type { LogCluster, LogRecord } from '@ddmq/storage'
import { messageName, messageRecord } from '@ddmq/storage/delay'
import { encodeDelayedBody } from './delayed-body.ts'
import { onceId } from './once-id.ts'

const CALL = { deadlineMs: 60_000 }
/** Per shard in one append. */
const AT_A_TIME = 1000

export interface TableAdds {
  /** Topic of pending messages. */
  readonly table: string
  /** Its partitions that are added to, in turn. */
  readonly shards: readonly number[]
  /** Where the messages are delivered. */
  readonly topic: string
  /** Begins every body. */
  readonly run: string
  readonly count: number
  readonly bodyBytes: number
  /** Milliseconds since 1970. The others follow evenly over the span. */
  readonly firstDueMs: number
  readonly spanMs: number
}

/** Stores adds as a producer proxy does, past all proxies: as fast as the log takes them. */
export async function addToTable(cluster: LogCluster, adds: TableAdds): Promise<void> {
  const { table, shards, count } = adds
  for (let from = 0; from < count; from += AT_A_TIME * shards.length) {
    const until = Math.min(count, from + AT_A_TIME * shards.length)
    const appends = shards.map(shard => ({
      topic: table,
      partition: `${shard}`,
      records: new Array<LogRecord>(),
    }))
    for (let number = from; number < until; number++) {
      const place = number % shards.length
      appends[place]?.records.push(addOf(adds, number, shards[place] ?? 0))
    }
    const outcomes = await cluster.append(
      appends.filter(({ records }) => records.length > 0),
      CALL,
    )
    for (const outcome of outcomes) if ('error' in outcome) throw outcome.error
  }
}

function addOf(
  { topic, run, count, bodyBytes, ...due }: TableAdds,
  number: number,
  shard: number,
): LogRecord {
  const dueMs = due.firstDueMs + Math.floor((number / count) * due.spanMs)
  const id = onceId(Math.floor(dueMs / 1000), shard)
  const body = encodeDelayedBody({ run, number, dueMs }, bodyBytes)
  const name = messageName({ topic, id, milliseconds: dueMs % 1000 })
  return messageRecord(name, { body, headers: [] }, Date.now())
}
