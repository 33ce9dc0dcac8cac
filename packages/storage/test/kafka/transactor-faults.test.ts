import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { CommitOptions } from '@ddmq/storage'
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
import { appendTexts, record } from './records.ts'

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

    await broker.freeze()
    await untilMore(shards)
    broker.thaw()
    await untilMore(shards)

    expect(await differences(shards)).toEqual([])
  }, 300_000)

  /** A topic of one copy, on that broker. */
  async function topicOn(broker: number): Promise<string> {
    const thin = await openKafka(kafka.bootstrapServers, {
      settings: { topicDefaults: { replicationFactor: 1 } },
    })
    try {
      for (;;) {
        const topic = `thin.${randomUUID()}`
        await thin.admin.createTopic({ topic, partitions: 1 })
        if (thin.appendLane(topic, '0') === `${broker}`) return topic
      }
    } finally {
      await thin.stop()
    }
  }

  async function commitOnce(id: string, topics: readonly string[], options: CommitOptions): Promise<void> {
    const transactor = await cluster.transactor(id)
    const appends = topics.map(topic => ({ topic, partition: '0', records: [record(id)] }))
    try {
      await transactor.commit(appends, options)
    } finally {
      await transactor.close()
    }
  }

  test('names the topic that has no leader, and holds up no reader of what was to be last', async () => {
    const id = `fire-${randomUUID()}`
    await commitOnce(id, [], { deadlineMs: 1_000 })
    const coordinator = await coordinatorOf(kafka, id)
    const frozen = coordinator === 1 ? 2 : 1
    const stuck = await topicOn(frozen)
    const [served, table] = [`served.${id}`, `table.${id}`]
    for (const topic of [served, table]) await cluster.admin.createTopic({ topic, partitions: 1 })

    await kafka.broker(frozen).freeze()
    try {
      // As long as it counts as a replica in sync, coordinators wait for it as well, and all transactions with them.
      await eventually(() => commitOnce(`${id}-probe`, [served], { deadlineMs: 3_000 }), 60_000)
      const last = [{ topic: table, partition: '0', records: [record('never')] }]
      const refused = commitOnce(id, [served, stuck], { deadlineMs: 3_000, last })

      await expect(refused).rejects.toMatchObject({ kind: 'unavailable', details: { topics: [stuck] } })
      // Of the other destinations the readers wait for the next holder; those of the table for nobody.
      const call = { deadlineMs: 15_000 }
      const seen = { topic: table, partition: '0', records: [record('seen')] }
      expect(await cluster.append([seen], call)).toEqual([{ baseOffset: 0 }])
      const limits = { maxBytes: 1_000, maxWaitMs: 10_000, fromLeader: true }
      const read = await cluster.read([{ topic: table, partition: '0', offset: 0 }], limits, call)
      expect(read).toMatchObject([{ nextOffset: 1, endOffset: 1 }])
    } finally {
      kafka.broker(frozen).thaw()
    }

    await eventually(() => commitOnce(id, [served, stuck], { deadlineMs: 15_000 }), 60_000)
    await eventually(async () => {
      expect(await readTexts(cluster, served, 1)).toEqual([[`${id}-probe`, id]])
      expect(await readTexts(cluster, stuck, 1)).toEqual([[id]])
    }, 30_000)
  }, 240_000)

  // The moment is short and seldom met: only worth its time with many rounds.
  test.runIf(faultRounds(0, 5) > 0)(
    'F4 the end that a leader answers is beyond all that was acknowledged, also right after it became it',
    async () => {
      for (let round = 0; round < faultRounds(0, 5); round++) {
        const topic = `ends.${randomUUID()}`
        await cluster.admin.createTopic({ topic, partitions: 1 })
        const leader = Number(cluster.appendLane(topic, '0'))
        const tooEarly: string[] = []
        const over = new AbortController()
        let [acknowledged, reads] = [0, 0]
        const appending = (async () => {
          while (!over.signal.aborted)
            acknowledged = 1 + (await appendTexts(cluster, topic, [`${acknowledged}`]))
        })()
        const reading = (async () => {
          while (!over.signal.aborted) {
            const least = acknowledged
            const limits = { maxBytes: 10_000, maxWaitMs: 0, fromLeader: true }
            const position = { topic, partition: '0', offset: least }
            const [result] = await cluster.read([position], limits, { deadlineMs: 15_000 })
            if (result?.epoch === undefined && result?.error?.kind !== 'offsetOutOfRange') continue
            reads++
            if (result.error !== undefined || result.endOffset < least)
              tooEarly.push(`${least}: ${result.endOffset} ${result.error?.message}`)
          }
        })()
        await eventually(() => expect(acknowledged).toBeGreaterThan(100))

        await kafka.broker(leader).kill()
        const before = acknowledged
        await eventually(() => expect(acknowledged).toBeGreaterThan(before + 100), 30_000)
        over.abort()
        await Promise.all([appending, reading])
        await kafka.start()

        expect(tooEarly).toEqual([])
        expect(reads).toBeGreaterThan(100)
      }
    },
    240_000,
  )

  test('every transaction is there once after all brokers were down', async () => {
    const shards = await openShards()
    await untilMore(shards)

    await kafka.kill()
    await kafka.start()
    await untilMore(shards)

    expect(await differences(shards)).toEqual([])
  }, 300_000)
})
