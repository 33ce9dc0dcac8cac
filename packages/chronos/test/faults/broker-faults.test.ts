import { setTimeout as delay } from 'node:timers/promises'
import {
  eventually,
  faultRounds,
  type KafkaServers,
  kafkaMissing,
  kafkaTool,
  startKafka,
  tempDir,
} from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DelayScene, SHARDS } from '../integration/delay-scene.ts'
import { kafkaScene, SHORT_SESSIONS } from '../integration/kafka-scene.ts'
import { DelayLoad, SOUND } from './delay-load.ts'

const ROUNDS = faultRounds(2, 10)
/** Deliveries of each shard that show that it goes on. */
const MORE = 40
/** A broker that is gone is missed sooner than by default. */
const QUICK_FAILOVER = { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' }
const PATIENCE_MS = 90_000

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`

describe.skipIf(missing !== undefined)(
  `a delay service on three brokers${needs}`,
  { timeout: 900_000 },
  async () => {
    const dir = await tempDir()
    let kafka: KafkaServers
    let scene: DelayScene

    beforeAll(async () => {
      kafka = await startKafka({ brokers: 3, settings: { ...SHORT_SESSIONS, ...QUICK_FAILOVER } })
      const { bootstrapServers } = kafka
      scene = await kafkaScene({ dir: dir.path, bootstrapServers, innerTopicPrefix: 'R_brokers_' })
      await scene.start()
    }, 120_000)
    afterAll(async () => {
      await scene?.[Symbol.asyncDispose]()
      await kafka?.[Symbol.asyncDispose]()
      await dir[Symbol.asyncDispose]()
    }, 120_000)

    function tool(mainClass: string, args: readonly string[]): Promise<string> {
      return kafkaTool(`org.apache.kafka.tools.${mainClass}`, [
        '--bootstrap-server',
        kafka.bootstrapServers,
        ...args,
      ])
    }

    /** Of the first shard. */
    async function leader(): Promise<number> {
      const said = await tool('TopicCommand', ['--describe', '--topic', scene.table])
      return Number(/Partition: 0\s+Leader: (\d)/.exec(said)?.[1])
    }

    /** Of the transactions of the first shard. */
    async function coordinator(): Promise<number> {
      const args = ['describe', '--transactional-id', `${scene.table}-0`]
      const [id] = (await tool('TransactionsCommand', args)).trim().split('\n').at(-1)?.split(/\s+/) ?? []
      return Number(id)
    }

    test.each([
      { what: 'the leader of a shard', victim: leader },
      { what: 'the coordinator of a shard', victim: coordinator },
    ])(
      'CH-44 kill −9 of $what while messages become due: none is lost, none delivered twice, and it goes on by itself',
      async ({ what, victim }) => {
        for (let round = 0; round < ROUNDS; round++) {
          const load = new DelayLoad(scene, await scene.topic())
          const stop = new AbortController()
          const adding = load.keepAdding(stop.signal)
          await untilMore(load)
          const id = await victim()
          await delay(Math.random() * 200)

          const killedMs = Date.now()
          await kafka.broker(id).kill()
          await untilMore(load)
          const tookMs = Date.now() - killedMs
          await kafka.start()
          await untilMore(load)
          stop.abort()
          await adding

          expect(await load.verdict()).toEqual(SOUND)
          process.stdout.write(`${what} killed: ${MORE} deliveries more of each shard after ${tookMs} ms\n`)
        }
      },
    )
  },
)

async function untilMore(load: DelayLoad): Promise<void> {
  const shards = Array.from({ length: SHARDS }, (_, shard) => `${shard}`)
  await Promise.all(
    shards.map(async shard => {
      const before = await eventually(() => load.delivered(shard), PATIENCE_MS)
      await load.untilDelivered(before + MORE, shard)
    }),
  )
}
