import { randomUUID } from 'node:crypto'
import type { LogRecord } from '@ddmq/storage'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, kafkaMissing, kafkaTool, startKafka } from '@ddmq/testkit'
import { CompressionTypes, Kafka, logLevel, type Producer, type Transaction } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKafka } from './kafka-cluster.ts'
import { appendTexts, CALL, readAll, record, text, texts } from './records.ts'

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`

describe.skipIf(missing !== undefined)(`reads from Kafka${needs}`, () => {
  let kafka: KafkaServers
  let cluster: KafkaCluster
  let kafkajs: Kafka

  beforeAll(async () => {
    kafka = await startKafka({ settings: { 'log.cleaner.backoff.ms': '200' } })
    cluster = await openKafka(kafka.bootstrapServers)
    kafkajs = new Kafka({ brokers: [kafka.bootstrapServers], logLevel: logLevel.NOTHING })
  }, 120_000)

  afterAll(async () => {
    await cluster.stop()
    await kafka[Symbol.asyncDispose]()
  })

  async function newTopic(): Promise<string> {
    const topic = `reads.${randomUUID()}`
    await cluster.admin.createTopic({ topic, partitions: 1 })
    return topic
  }

  async function transactional(count: number): Promise<readonly Producer[]> {
    const producers = Array.from({ length: count }, () =>
      kafkajs.producer({ transactionalId: randomUUID(), idempotent: true, maxInFlightRequests: 1 }),
    )
    await Promise.all(producers.map(producer => producer.connect()))
    return producers
  }

  test('never delivers a record of an aborted transaction, however they are interleaved', async () => {
    const topic = await newTopic()
    const producers = await transactional(3)
    const committed: string[] = []
    const send = async (transaction: Transaction, value: string, round: number): Promise<void> => {
      const compression = round % 2 === 0 ? CompressionTypes.GZIP : CompressionTypes.None
      await transaction.send({ topic, compression, messages: [{ value, partition: 0 }] })
    }
    for (let round = 0; round < 6; round++) {
      const open = await Promise.all(producers.map(producer => producer.transaction()))
      for (const step of ['first', 'second']) {
        for (const [place, transaction] of open.entries()) {
          await send(transaction, `${round} ${place} ${step}`, round + place)
        }
        await appendTexts(cluster, topic, [`${round} plain ${step}`])
      }
      for (const [place, transaction] of open.entries()) {
        const isCommitted = (round + place) % 3 === 0
        await (isCommitted ? transaction.commit() : transaction.abort())
        if (isCommitted) committed.push(`${round} ${place} first`, `${round} ${place} second`)
      }
      committed.push(`${round} plain first`, `${round} plain second`)
    }
    await Promise.all(producers.map(producer => producer.disconnect()))

    const read = texts(await readAll(cluster, topic))

    expect(new Set(read)).toEqual(new Set(committed))
    expect(read).toHaveLength(committed.length)
    expect(read).toEqual(await javaReads(topic, committed.length))
    // From every offset on, whatever batch it is in the middle of.
    const all = await readAll(cluster, topic)
    for (let from = 0; from < 60; from++) {
      const offsets = (await readAll(cluster, topic, '0', from)).map(({ offset }) => offset)
      expect(offsets).toEqual(all.map(({ offset }) => offset).filter(offset => offset >= from))
    }
  })

  test('ends before an open transaction, and goes on when it is over', async () => {
    const topic = await newTopic()
    await appendTexts(cluster, topic, ['before'])
    const [producer] = await transactional(1)
    const transaction = await producer?.transaction()
    await transaction?.send({ topic, messages: [{ value: 'open', partition: 0 }] })
    await appendTexts(cluster, topic, ['after'])

    const limits = { maxBytes: 1_000_000, maxWaitMs: 0 }
    const [blocked] = await cluster.read([{ topic, partition: '0', offset: 0 }], limits, CALL)
    const waiting = cluster.read(
      [{ topic, partition: '0', offset: 1 }],
      { ...limits, maxWaitMs: 15_000 },
      CALL,
    )
    await transaction?.commit()
    const [later] = await waiting
    await producer?.disconnect()

    expect(texts(blocked?.records ?? [])).toEqual(['before'])
    expect(blocked).toMatchObject({ nextOffset: 1, endOffset: 1 })
    expect(later?.error).toBeUndefined()
    expect(texts(await readAll(cluster, topic))).toEqual(['before', 'open', 'after'])
  })

  test('moves beyond trailing offsets that hold no record', async () => {
    const topic = await newTopic()
    await appendTexts(cluster, topic, ['kept'])
    const [producer] = await transactional(1)
    const transaction = await producer?.transaction()
    await transaction?.send({ topic, messages: [{ value: 'aborted', partition: 0 }] })
    await transaction?.abort()
    await producer?.disconnect()

    const limits = { maxBytes: 1_000_000, maxWaitMs: 5_000 }
    const [result] = await cluster.read([{ topic, partition: '0', offset: 1 }], limits, CALL)

    expect(result).toMatchObject({ records: [], nextOffset: 3, endOffset: 3 })
    expect(await cluster.identity(topic, '0')).toMatchObject({ endOffset: 3 })
  })

  test('reads a topic that Kafka has compacted from every offset to its end', async () => {
    const topic = `compacted.${randomUUID()}`
    const admin = kafkajs.admin()
    await admin.connect()
    const configEntries = Object.entries({
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.01',
      'segment.ms': '200',
    }).map(([name, value]) => ({ name, value }))
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] })
    await admin.disconnect()
    for (let index = 0; index < 30; index++) {
      await cluster.append([{ topic, partition: '0', records: [keyed(index)] }], CALL)
    }

    // A segment is closed by the next append after its time; then the cleaner comes.
    await eventually(async () => {
      await cluster.append([{ topic, partition: '0', records: [keyed(0)] }], CALL)
      const stored = await readAll(cluster, topic)
      expect(stored.filter(({ offset }) => offset < 27)).toEqual([])
    }, 60_000)

    for (const from of [0, 1, 13, 26, 27, 28, 29]) {
      const offsets = (await readAll(cluster, topic, '0', from)).map(({ offset }) => offset)
      expect(offsets.filter(offset => offset < 27 || offset < from)).toEqual([])
      expect(offsets).toEqual(expect.arrayContaining([28, 29].filter(offset => offset >= from)))
    }
  })

  test('what another client writes, and what another client reads of ours', async () => {
    const topic = await newTopic()
    const producer = kafkajs.producer()
    await producer.connect()
    const messages = [
      {
        key: 'key',
        value: 'value',
        headers: { a: '1', 'ddmq-tags': 'tag' },
        partition: 0,
        timestamp: '1700000000000',
      },
      { key: null, value: null, partition: 0 },
      { key: '', value: '', headers: { many: ['1', '2'] }, partition: 0 },
    ]
    await producer.send({ topic, compression: CompressionTypes.GZIP, messages })
    await producer.disconnect()
    const bytes = Buffer.from([0, 255, 128])
    const ours = record('ours', {
      key: bytes,
      headers: [
        { name: 'ä', value: bytes },
        { name: 'ä', value: Buffer.from('2') },
      ],
      timestampMs: 1_700_000_000_123,
    })
    await cluster.append([{ topic, partition: '0', records: [ours] }], CALL)

    const stored = await readAll(cluster, topic)
    const seen = await kafkajsReads(topic, 4)

    expect(stored.map(({ key, value }) => [text(key), text(value)])).toEqual([
      ['key', 'value'],
      [null, null],
      ['', ''],
      [bytes.toString(), 'ours'],
    ])
    expect(stored[0]?.timestampMs).toBe(1_700_000_000_000)
    expect(stored.map(({ headers }) => headers.map(({ name, value }) => `${name}=${text(value)}`))).toEqual([
      ['a=1', 'ddmq-tags=tag'],
      [],
      ['many=1', 'many=2'],
      [`ä=${bytes.toString()}`, 'ä=2'],
    ])
    expect(seen.at(-1)).toEqual({
      key: bytes,
      value: Buffer.from('ours'),
      timestamp: '1700000000123',
      headers: { ä: [bytes, Buffer.from('2')] },
    })
  })

  test('a lag that Kafka’s own tool agrees with', async () => {
    const topic = await newTopic()
    const group = `lag-${randomUUID()}`
    await appendTexts(cluster, topic, ['a', 'b', 'c', 'd'])
    await cluster.admin.setCommitted(group, [{ topic, partition: '0', offset: 1, metadata: '' }])

    const printed = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
      '--bootstrap-server',
      kafka.directServers,
      '--describe',
      '--group',
      group,
    ])

    const [ours] = await cluster.admin.lag(group, topic)
    expect(ours).toMatchObject({ committedOffset: 1, endOffset: 4, lag: 3 })
    expect(printed.split('\n').find(line => line.includes(topic))).toMatch(/\s0\s+1\s+4\s+3\s/)
  })

  async function javaReads(topic: string, count: number): Promise<readonly string[]> {
    const where = ['--bootstrap-server', kafka.directServers, '--topic', topic, '--from-beginning']
    const committed = [
      '--isolation-level',
      'read_committed',
      '--max-messages',
      `${count}`,
      '--timeout-ms',
      '30000',
    ]
    const printed = await kafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...where,
      ...committed,
    ])
    return printed.trim().split('\n').slice(0, count)
  }

  async function kafkajsReads(topic: string, count: number) {
    const consumer = kafkajs.consumer({ groupId: `reader-${randomUUID()}` })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const seen: unknown[] = []
    await consumer.run({
      async eachMessage({ message: { key, value, timestamp, headers } }) {
        seen.push({ key, value, timestamp, headers })
      },
    })
    await eventually(() => expect(seen).toHaveLength(count), 30_000)
    await consumer.disconnect()
    return seen
  }
})

function keyed(index: number): LogRecord {
  return record(`${index}`, { key: Buffer.from(`k${index % 3}`) })
}
