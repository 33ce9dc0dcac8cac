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
const FAIL_OVER_MS = 90_000

const missing = kafkaMissing()
const name = 'transactions on three brokers'
const title = missing === undefined ? name : `${name} (needs Kafka 4.x: ${missing})`

/** The broker that coordinates a transactional id, as Kafka's own tool sees it. */
async function coordinatorOf(kafka: KafkaServers, id: string): Promise<number> {
  const args = ['--bootstrap-server', kafka.bootstrapServers, 'describe', '--transactional-id', id]
  const said = await kafkaTool('org.apache.kafka.tools.TransactionsCommand', args)
  const [coordinator] = said.trim().split('\n').at(-1)?.split(/\s+/) ?? []
  return Number(coordinator)
}

describe.skipIf(missing !== undefined)(title, () => {
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

  /** Fires while `fault` happens and for a while after it; then every transaction is in the log once and in order. */
  async function fireDuring(
    what: string,
    fault: (id: string) => Promise<void>,
    repair: () => Promise<void> | void = () => undefined,
  ): Promise<void> {
    const shards = await Promise.all(
      Array.from({ length: SHARDS }, async () => {
        const topic = `fire.${randomUUID()}`
        await cluster.admin.createTopic({ topic, partitions: PARTITIONS })
        const wish = { cluster, topic, group: `fire-${topic}`, id: `fire-${topic}` }
        return {
          topic,
          id: wish.id,
          firer: new Firer({ ...wish, partitions: PARTITIONS, deadlineMs: 15_000 }),
        }
      }),
    )
    const untilMore = async (): Promise<void> => {
      const enough = shards.map(({ firer }) => firer.committed + 20)
      await eventually(
        () => expect(shards.every(({ firer }, index) => firer.committed >= (enough[index] ?? 0))).toBe(true),
        FAIL_OVER_MS,
      )
    }
    await untilMore()
    await delay(Math.random() * 100)

    await fault(shards[0]?.id ?? '')
    await untilMore()
    await repair()

    for (const { topic, firer } of shards) {
      const progress = await firer.stop()
      const expected = Array.from({ length: progress }, (_, number) => `${number}`)
      const partitions = Array.from({ length: PARTITIONS }, () => expected)
      await eventually(
        async () => expect(await readTexts(cluster, topic, PARTITIONS)).toEqual(partitions),
        30_000,
      )
      expect(firer.committed).toBeLessThanOrEqual(progress)
      console.log(
        `${what}: ${progress} transactions, 0 lost, 0 twice; ${JSON.stringify([...firer.outcomes])}`,
      )
    }
  }

  test('every transaction is there once after kill −9 of a coordinator', async () => {
    for (let round = 0; round < faultRounds(1, 5); round++) {
      await fireDuring(
        'coordinator killed',
        async id => kafka.broker(await coordinatorOf(kafka, id)).kill(),
        () => kafka.start(),
      )
    }
  }, 300_000)

  test('every transaction is there once after a coordinator was frozen', async () => {
    let frozen = 0
    await fireDuring(
      'coordinator frozen',
      async id => {
        frozen = await coordinatorOf(kafka, id)
        kafka.broker(frozen).freeze()
      },
      () => kafka.broker(frozen).thaw(),
    )
  }, 300_000)

  test('every transaction is there once after all brokers were down', async () => {
    await fireDuring('all brokers killed', async () => {
      await kafka.kill()
      await kafka.start()
    })
  }, 300_000)
})
