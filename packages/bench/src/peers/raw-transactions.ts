/**
 * What firing costs without us: the Kafka client alone commits the same transactions, in a process of its own that stays for all
 * bursts. Per message one delivery, one tombstone and one record that says it was fired. Told by its parent: `RawWish` in JSON as
 * argument; then of each burst a `RawBurst`, answered by `prepared` when its records are made, and `go`, answered by `committed`.
 */
import { once } from 'node:events'
import { firedRecord, messageKey, messageName } from '@ddmq/storage/delay'
import { type MessageToProduce, Producer } from '@platformatic/kafka'
import { encodeDelayedBody } from '../delay/delayed-body.ts'
import { onceId } from '../delay/once-id.ts'
import type { RawAnswer, RawBurst, RawWish } from './run-raw-transactions.ts'

const FROM_CHRONOS = Buffer.from('from_chronos')
const BUSY_MS = 5
const TIMEOUT_MS = 30_000

const wish: RawWish = JSON.parse(process.argv[2] ?? '{}')
const producers = Array.from({ length: wish.shards }, (_, shard) => producerOf(shard))
process.on('disconnect', () => process.exit())
for (;;) {
  const burst = await told()
  const batches = producers.map((_, shard) => batchesOf(burst, shard))
  answer('prepared')
  await told() // to go
  await Promise.all(producers.map((producer, shard) => commitAll(producer, batches[shard] ?? [])))
  answer('committed')
}

/** What comes next from the parent. */
async function told(): Promise<RawBurst> {
  const [message] = await once(process, 'message')
  return message
}

function answer(text: RawAnswer): void {
  process.send?.(text)
}

function producerOf(shard: number): Producer {
  return new Producer({
    clientId: `raw-${shard}`,
    bootstrapBrokers: wish.bootstrapServers.split(','),
    transactionalId: `${wish.table}-${shard}`,
    idempotent: true,
    acks: -1,
    producerId: -1n,
    producerEpoch: -1,
    timeout: TIMEOUT_MS,
    retries: 1000,
    // The coordinator is busy with the transaction before, every time.
    retryDelay: BUSY_MS,
  })
}

/** Those of one shard: numbers that leave its own as remainder. */
function batchesOf({ run, count, dueMs }: RawBurst, shard: number): readonly MessageToProduce[][] {
  const batches: MessageToProduce[][] = []
  for (let number = shard; number < count; number += wish.shards * wish.batch) {
    const end = Math.min(count, number + wish.shards * wish.batch)
    const batch: MessageToProduce[] = []
    for (let own = number; own < end; own += wish.shards)
      batch.push(...recordsOf({ run, number: own, dueMs }, shard))
    batches.push(batch)
  }
  return batches
}

async function commitAll(producer: Producer, batches: readonly MessageToProduce[][]): Promise<void> {
  for (const messages of batches) {
    const transaction = await producer.beginTransaction()
    await transaction.send({ messages })
    await transaction.commit()
  }
}

/** As the delay service makes them. */
function recordsOf(body: { run: string; number: number; dueMs: number }, shard: number) {
  const { topic, table, partitions, bodyBytes } = wish
  const id = onceId(Math.floor(body.dueMs / 1000), shard)
  const name = messageName({ topic, id, milliseconds: body.dueMs % 1000 })
  const fired = firedRecord(name, body.dueMs)
  const partition = Math.floor(Math.random() * partitions)
  const value = encodeDelayedBody(body, bodyBytes)
  return [
    { topic, partition, key: Buffer.from(id), value, headers: new Map([[FROM_CHRONOS, FROM_CHRONOS]]) },
    { topic: table, partition: shard, key: messageKey(name) },
    {
      topic: table,
      partition: shard,
      key: Buffer.from(fired.key ?? []),
      value: Buffer.from(fired.value ?? []),
      headers: new Map(fired.headers.map(header => [Buffer.from(header.name), Buffer.from(header.value)])),
    },
  ]
}
