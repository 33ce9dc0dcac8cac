import { randomUUID } from 'node:crypto'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, kafkaMissing, startKafka } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cutRequests } from './cut-requests.ts'
import { openKafka } from './kafka-cluster.ts'
import { readTexts } from './read-texts.ts'
import { CALL, record } from './records.ts'

const END_TXN = 26
const TXN_OFFSET_COMMIT = 28

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`

describe.skipIf(missing !== undefined)(`a transaction of Kafka without an answer${needs}`, () => {
  let kafka: KafkaServers
  let cluster: KafkaCluster

  beforeAll(async () => {
    kafka = await startKafka()
    cluster = await openKafka(kafka.bootstrapServers)
  }, 60_000)
  afterAll(async () => {
    await cluster?.stop()
    await kafka?.[Symbol.asyncDispose]()
  })

  test.each([
    { what: 'its end', apiKey: END_TXN, kind: 'outcomeUnknown' },
    { what: 'its offsets', apiKey: TXN_OFFSET_COMMIT, kind: 'unavailable' },
  ])('X5 $what is asked for once, and the transactor is spent', async ({ apiKey, kind }) => {
    const topic = `unanswered.${randomUUID()}`
    await cluster.admin.createTopic({ topic, partitions: 1 })
    const [id, group] = [`tx-${randomUUID()}`, `tx-${randomUUID()}`]
    const transactor = await cluster.transactor(id)
    const append = (text: string) => ({ topic, partition: '0', records: [record(text)] })
    const offsets = { group, offsets: [{ topic, partition: '0', offset: 1, metadata: '' }] }
    using cut = cutRequests(apiKey)

    await expect(transactor.commit([append('a')], { ...CALL, offsets })).rejects.toMatchObject({ kind })
    await expect(transactor.commit([append('b')], CALL)).rejects.toMatchObject({ kind: 'invalid' })

    expect(cut.written).toBe(1)
    cut[Symbol.dispose]()
    const next = await cluster.transactor(id)
    const progress = await cluster.admin.committed(group)
    await next.commit([append('c')], CALL)
    const stored = progress.length === 0 ? ['c'] : ['a', 'c']
    await eventually(async () => expect(await readTexts(cluster, topic, 1)).toEqual([stored]))
    await Promise.all([transactor.close(), next.close()])
  })
})
