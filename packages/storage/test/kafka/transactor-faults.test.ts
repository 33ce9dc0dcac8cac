import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import {
  eventually,
  faultRounds,
  type KafkaServers,
  kafkaMissing,
  kafkaTool,
  startKafka,
} from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Firer } from './firer.ts'
import { openKafka } from './kafka-cluster.ts'
import { readTexts } from './read-texts.ts'

const PARTITIONS = 4
const SHARDS = 3

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`

/** The broker that coordinates a transactional id, as Kafka's own tool sees it. */
async function coordinatorOf(kafka: KafkaServers, id: string): Promise<number> {
  const args = ['--bootstrap-server', kafka.bootstrapServers, 'describe', '--transactional-id', id]
  const said = await kafkaTool('org.apache.kafka.tools.TransactionsCommand', args)
  const [coordinator] = said.trim().split('\n').at(-1)?.split(/\s+/) ?? []
  return Number(coordinator)
}

describe.skipIf(missing !== undefined)(`transactions on three brokers${needs}`, () => {
  let kafka: KafkaServers
  let cluster: KafkaCluster

  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3 })
    cluster = await openKafka(kafka.bootstrapServers)
  }, 120_000)
  afterAll(async () => {
    await cluster?.stop()
    await kafka?.[Symbol.asyncDispose]()
  })

  interface Shard {
    readonly topic: string
    readonly id: string
    readonly firer: Firer
  }

  async function openShards(): Promise<readonly Shard[]> {
    return Promise.all(
      Array.from({ length: SHARDS }, async () => {
        const topic = `fire.${randomUUID()}`
        const id = `fire-${topic}`
        await cluster.admin.createTopic({ topic, partitions: PARTITIONS })
        const wish = { cluster, topic, group: id, id, partitions: PARTITIONS, deadlineMs: 15_000 }
        return { topic, id, firer: new Firer(wish) }
      }),
    )
  }

  /** All of them, so that each has come through. */
  async function untilMore(shards: readonly Shard[]): Promise<void> {
    await Promise.all(shards.map(({ firer }) => firer.untilCommitted(firer.committed + 20)))
    await delay(Math.random() * 100)
  }

  /** What is missing or too much in the log: nothing, when every transaction is there once and in order. */
  async function differences(shards: readonly Shard[]): Promise<readonly string[]> {
    const found: string[] = []
    for (const { topic, firer } of shards) {
      const progress = await firer.stop()
      const expected = Array.from({ length: progress }, (_, number) => `${number}`).join()
      const texts = await eventually(async () => {
        const read = await readTexts(cluster, topic, PARTITIONS)
        if (read.some(({ length }) => length < progress)) throw new Error('not all is readable yet')
        return read
      }, 30_000)
      for (const text of texts) if (text.join() !== expected) found.push(`${topic}: ${text.join()}`)
      if (firer.committed > progress) found.push(`${topic}: progress ${progress} of ${firer.committed}`)
      process.stdout.write(`${progress} transactions in the log; ${firer.figures}\n`)
    }
    return found
  }

  test('every transaction is there once after kill −9 of a coordinator', async () => {
    for (let round = 0; round < faultRounds(1, 5); round++) {
      const shards = await openShards()
      await untilMore(shards)

      await kafka.broker(await coordinatorOf(kafka, shards[0]?.id ?? '')).kill()
      await untilMore(shards)
      await kafka.start()

      expect(await differences(shards)).toEqual([])
    }
  }, 300_000)

  test('every transaction is there once after a coordinator was frozen', async () => {
    const shards = await openShards()
    await untilMore(shards)
    const broker = kafka.broker(await coordinatorOf(kafka, shards[0]?.id ?? ''))

    broker.freeze()
    await untilMore(shards)
    broker.thaw()
    await untilMore(shards)

    expect(await differences(shards)).toEqual([])
  }, 300_000)

  test('every transaction is there once after all brokers were down', async () => {
    const shards = await openShards()
    await untilMore(shards)

    await kafka.kill()
    await kafka.start()
    await untilMore(shards)

    expect(await differences(shards)).toEqual([])
  }, 300_000)
})
