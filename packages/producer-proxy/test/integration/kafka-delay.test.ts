import { parseDelayId } from '@ddmq/common/delay'
import { decodeMessageHeaders } from '@ddmq/storage'
import { delayTableTopic } from '@ddmq/storage/delay'
import { eventually, type KafkaServers, kafkaMissing, startKafka } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addLoop, addOnce, cancel } from '../delay-messages.ts'
import { INNER_PREFIX, kafkaEntry } from '../documents.ts'
import { KafkaConnector, KafkaReader } from './kafka-connector.ts'
import { type TestClient, TestProxy } from './proxy-fixture.ts'

const TABLE = delayTableTopic(INNER_PREFIX)

const reason = kafkaMissing()
const skipped = reason === undefined ? '' : ` (needs Kafka 4.x: ${reason})`

describe.skipIf(reason !== undefined)(`delay messages in a Kafka cluster${skipped}`, () => {
  let kafka: KafkaServers
  let reader: KafkaReader
  let proxy: TestProxy
  let client: TestClient

  beforeAll(async () => {
    kafka = await startKafka({ version: '4' })
    reader = await KafkaReader.at(kafka.bootstrapServers)
    await reader.createTopic('delay', 1)
    const delayed = { change: { delayTopic: true }, clusters: ['K'] }
    proxy = await TestProxy.prepare({
      topics: [{ topic: 'delay', ...delayed }],
      connector: new KafkaConnector(),
    })
    await proxy.putNode({
      clusters: ['K'],
      carrera: {
        embeddedConfigurationMap: undefined,
        useKafka: true,
        kafkaProducers: 1,
        kafkaConfigurationMap: { K: kafkaEntry(kafka.bootstrapServers) },
      },
    })
    await proxy.service.start()
    client = await proxy.connect()
  }, 120_000)
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await reader?.[Symbol.asyncDispose]()
    await kafka?.[Symbol.asyncDispose]()
  }, 60_000)

  async function keysIn(seq: number): Promise<string[]> {
    const records = await reader.records(TABLE, `${seq}`)
    return records.map(({ key }) => Buffer.from(key ?? []).toString())
  }

  it('answers 14 and names the table while there is none', async () => {
    const refused = await client.sendDelay(addOnce())
    expect(refused).toMatchObject({ code: 14, uniqDelayMsgId: '', msg: expect.stringContaining(TABLE) })
    await reader.createDelayTable(INNER_PREFIX, 4)
    await eventually(async () => expect(await client.sendDelay(addOnce())).toMatchObject({ code: 0 }))
  }, 30_000)

  it('PP-72 PP-74 stores add and cancel of one id in the same partition, the bytes as they came', async () => {
    const body = Buffer.from([0xff, 0x00, 0xc3, 0x28])
    const properties = new Map([['isPressureTraffic', 'true']])
    const ids: string[] = []
    for (let sent = 0; sent < 20; sent++) {
      const message = addLoop({ body, properties, tags: 'a' })
      const answer = await client.sendDelay(message)
      const { uniqDelayMsgId: id = '' } = answer
      expect(answer).toEqual({ code: 0, msg: 'OK', uniqDelayMsgId: id })
      expect(await client.sendDelay(cancel(id))).toMatchObject({ code: 0, uniqDelayMsgId: id })
      ids.push(id)
    }
    for (const id of ids) {
      expect((await keysIn(seqOf(id))).filter(key => key.includes(id))).toEqual([
        `m/delay/${id}`,
        `c/delay/${id}/0`,
      ])
    }
    expect(new Set(ids.map(seqOf)).size).toBeGreaterThan(1)
    const stored = await Promise.all(['0', '1', '2', '3'].map(partition => reader.records(TABLE, partition)))
    const record = stored.flat().find(({ key }) => Buffer.from(key ?? []).toString() === `m/delay/${ids[0]}`)
    expect(Buffer.from(record?.value ?? [])).toEqual(body)
    expect(decodeMessageHeaders(record?.headers ?? [])).toEqual({ tags: 'a', properties })
  }, 60_000)

  it('CH-15 takes the cancel of a partition that was added a moment ago, and answers 34 beyond it', async () => {
    const { uuid = '' } = addOnce()
    const id = (seq: number): string => `1500000000-2-1500172800-0-0-0-${seq}-${uuid}`
    expect(await client.sendDelay(cancel(id(5)))).toMatchObject({ code: 34, uniqDelayMsgId: id(5) })
    await reader.setPartitionCount(TABLE, 6)
    expect(await client.sendDelay(cancel(id(5)))).toMatchObject({ code: 0, uniqDelayMsgId: id(5) })
    expect(await keysIn(5)).toEqual([`c/delay/${id(5)}/0`])
    expect(await client.sendDelay(cancel(id(6)))).toMatchObject({ code: 34 })
  }, 60_000)

  it('PP-73 CH-21 answers 12 with the id while the broker is silent', async () => {
    const message = addOnce()
    expect(await client.sendDelay(message)).toMatchObject({ code: 0 })
    await kafka.broker(1).freeze()
    try {
      const { code, uniqDelayMsgId = '' } = await client.sendDelay(message, 100)
      expect(code).toBe(12)
      expect(parseDelayId(uniqDelayMsgId)).toMatchObject({ uuid: message.uuid })
      const beyond = uniqDelayMsgId.replace(/-\d-(?=.{36}$)/, '-99-')
      expect(await client.sendDelay(cancel(beyond), 100)).toMatchObject({ code: 12, uniqDelayMsgId: beyond })
    } finally {
      kafka.broker(1).thaw()
    }
  }, 60_000)
})

function seqOf(id: string): number {
  const parsed = parseDelayId(id)
  return typeof parsed === 'object' ? parsed.seq : -1
}
