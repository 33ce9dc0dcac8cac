import { randomInt, randomUUID } from 'node:crypto'
import type { LogRecord } from '@ddmq/storage'
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
import { openKafka } from './kafka-cluster.ts'
import { NumberedLoad } from './numbered-load.ts'

const SELECTORS = 'org.apache.kafka.common.replica'
const PARTITIONS = 6
const RECOVERY_MS = 90_000
const MORE = 50

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`

describe.skipIf(missing !== undefined)(`appends on three brokers${needs}`, { timeout: 240_000 }, () => {
  let kafka: KafkaServers
  let cluster: KafkaCluster
  /** Sees what is stored past the fault proxies. */
  let witness: KafkaCluster

  beforeAll(async () => {
    const settings = { 'replica.selector.class': `${SELECTORS}.RackAwareReplicaSelector` }
    kafka = await startKafka({ brokers: 3, proxied: true, settings })
    cluster = await openKafka(kafka.bootstrapServers)
    witness = await openKafka(kafka.directServers)
  }, 120_000)

  afterAll(async () => {
    await cluster.stop()
    await witness.stop()
    await kafka[Symbol.asyncDispose]()
  })

  async function leaderOf(topic: string): Promise<string | undefined> {
    const where = ['--bootstrap-server', kafka.directServers, '--describe', '--topic', topic]
    const printed = await kafkaTool('org.apache.kafka.tools.TopicCommand', where)
    return /Leader: (\d)/.exec(printed)?.[1]
  }

  /** What is wrong after a load that ran with a fault in the middle: nothing may be lost, doubled, moved, or even refused. */
  async function during(
    fault: (load: NumberedLoad, topic: string) => Promise<void>,
  ): Promise<readonly unknown[]> {
    const topic = `faults.${randomUUID()}`
    await cluster.admin.createTopic({ topic, partitions: PARTITIONS })
    const load = new NumberedLoad(cluster, topic)
    await load.start()
    await more(load)
    await fault(load, topic)
    await more(load)
    await load.stop()
    return [...load.failures, ...(await load.problems())]
  }

  test.each([1, 2, 3])(
    'tells what transactions stand on when only broker %d answers, and which do not',
    async alone => {
      await using quiet = await disposable(
        openKafka(kafka.bootstrapServers, { settings: { metadataRefreshMs: 600_000 } }),
      )
      await quiet.cluster.admin.describeTransactions()
      const others = kafka.brokerIds.filter(id => id !== alone)
      for (const id of others) kafka.proxy(id).refuse()

      const support = await quiet.cluster.admin.describeTransactions()
      for (const id of others) kafka.proxy(id).heal()

      expect(support?.replication).toMatchObject({ uncleanElection: false })
      expect([...(support?.unchecked ?? [])].toSorted()).toEqual(
        others.map(id => expect.stringMatching(new RegExp(`^broker ${id} does not answer \\(`))),
      )
      expect(support?.mayHang).toBeUndefined()
    },
  )

  test.each(Array.from({ length: faultRounds(3, 10) }, (_, round) => round))(
    'kill −9 of a leader loses nothing, doubles nothing and keeps the order (round %d)',
    async () => {
      const wrong = await during(async load => {
        const broker = kafka.broker(randomInt(1, 4))
        await broker.kill()
        await more(load)
        await kafka.start()
      })

      expect(wrong).toEqual([])
    },
  )

  test.each(Array.from({ length: faultRounds(3, 10) }, (_, round) => round))(
    'a leader that hands over in good order has what it appended before it said so (round %d)',
    async () => {
      const wrong = await during(async load => {
        const broker = kafka.broker(randomInt(1, 4))
        await broker.stop()
        await more(load)
        await kafka.start()
      })

      expect(wrong).toEqual([])
    },
  )

  test('a leader that freezes past its session is gone round, and what it wakes up with harms nothing', async () => {
    const wrong = await during(async load => {
      const broker = kafka.broker(randomInt(1, 4))
      await broker.freeze()
      await more(load)
      broker.thaw()
    })

    expect(wrong).toEqual([])
  })

  test('kill −9 of the whole cluster and its restart', async () => {
    const wrong = await during(async () => {
      await kafka.kill()
      await kafka.start()
    })

    expect(wrong).toEqual([])
  })

  test('partitions that are added under load are used, and the others are undisturbed', async () => {
    const wrong = await during(async (load, topic) => {
      await cluster.admin.setPartitionCount(topic, PARTITIONS + 3)
      await load.start()
    })

    expect(wrong).toEqual([])
  })

  test('partitions whose leader has moved are sent to their new one, also when one request has some of each', async () => {
    await using quiet = await disposable(
      openKafka(kafka.bootstrapServers, { settings: { metadataRefreshMs: 600_000 } }),
    )
    const topic = `faults.${randomUUID()}`
    await quiet.cluster.admin.createTopic({ topic, partitions: 12 })
    const partitions = await quiet.cluster.partitions(topic)
    const appends = partitions.map(partition => ({ topic, partition, records: [record('first')] }))
    const first = await quiet.cluster.append(appends, { deadlineMs: 60_000 })

    await kafka.broker(1).stop()
    const second = await quiet.cluster.append(appends, { deadlineMs: 60_000 })
    await kafka.start()

    expect(first).toEqual(partitions.map(() => ({ baseOffset: 0 })))
    expect(second).toEqual(partitions.map(() => ({ baseOffset: 1 })))
    expect((await witness.admin.offsets(topic, 'latest')).map(({ offset }) => offset)).toEqual(
      partitions.map(() => 2),
    )
  })

  test('acknowledges only what enough replicas have, and nothing waits for a partition that has too few', async () => {
    const settings = { topicDefaults: { minInsyncReplicas: 3 } }
    await using strict = await disposable(openKafka(kafka.bootstrapServers, { settings }))
    const [weak, healthy] = [`weak.${randomUUID()}`, `healthy.${randomUUID()}`]
    await strict.cluster.admin.createTopic({ topic: weak, partitions: 1 })
    await cluster.admin.createTopic({ topic: healthy, partitions: 1 })
    await kafka.broker(2).stop()
    await eventually(async () => expect(await leaderOf(weak)).not.toBe('2'), RECOVERY_MS)
    await strict.cluster.partitions(healthy)

    const refused = strict.cluster.append([{ topic: weak, partition: '0', records: [record('too few')] }], {
      deadlineMs: 10_000,
    })
    await eventually(() => expect(strict.cluster.appendLane(weak, '0')).toBe(`${weak}/0`))
    const stored = await strict.cluster.append(
      [{ topic: healthy, partition: '0', records: [record('while the other is tried')] }],
      { deadlineMs: 60_000 },
    )

    expect(stored).toEqual([{ baseOffset: 0 }])
    expect(strict.cluster.appendLane(healthy, '0')).toMatch(/^\d$/)
    expect(await refused).toMatchObject([
      { error: { kind: 'unavailable', message: expect.stringContaining('NOT_ENOUGH_REPLICAS') } },
    ])
    await kafka.start()
    expect(await strict.cluster.identity(weak, '0')).toMatchObject({ endOffset: 0 })
  })

  test('a process with a rack reads from the replica in it, also while the leader cannot be reached', async () => {
    const topic = `rack.${randomUUID()}`
    await cluster.admin.createTopic({ topic, partitions: 1 })
    const leader = Number((await leaderOf(topic)) ?? 0)
    // The launcher names racks after brokers.
    const rack = `rack${(leader % 3) + 1}`
    await using near = await disposable(openKafka(kafka.bootstrapServers, { settings: { rack } }))
    const read = async (offset: number) => {
      const limits = { maxBytes: 1_000_000, maxWaitMs: 20_000 }
      const [result] = await near.cluster.read([{ topic, partition: '0', offset }], limits, {
        deadlineMs: 60_000,
      })
      return result?.records.map(({ value }) => Buffer.from(value ?? '').toString())
    }
    await cluster.append([{ topic, partition: '0', records: [record('from anywhere')] }], {
      deadlineMs: 60_000,
    })
    expect(await read(0)).toEqual(['from anywhere'])

    kafka.proxy(leader).stall()
    await witness.append([{ topic, partition: '0', records: [record('from nearby')] }], {
      deadlineMs: 60_000,
    })
    const nearby = await read(1)
    kafka.proxy(leader).heal()

    expect(nearby).toEqual(['from nearby'])
  })

  test('a slow network and one that is cut now and then', async () => {
    const wrong = await during(async load => {
      for (const id of kafka.brokerIds) kafka.proxy(id).delay(50)
      await more(load)
      for (const id of kafka.brokerIds) kafka.proxy(id).throttle(200_000)
      for (let cut = 0; cut < faultRounds(3, 30); cut++) {
        kafka.proxy(randomInt(1, 4)).cut()
        await more(load)
      }
      for (const id of kafka.brokerIds) kafka.proxy(id).heal()
    })

    expect(wrong).toEqual([])
  })

  test('a network that swallows the answers: the same records are sent again, and stored once', async () => {
    const wrong = await during(async (load, topic) => {
      for (const id of kafka.brokerIds) kafka.proxy(id).stall('toClient')
      await eventually(async () => {
        const ends = await witness.admin.offsets(topic, 'latest')
        expect(ends.reduce((sum, { offset }) => sum + offset, 0)).toBeGreaterThan(load.count)
      })
      for (const id of kafka.brokerIds) {
        kafka.proxy(id).cut()
        kafka.proxy(id).heal()
      }
    })

    expect(wrong).toEqual([])
  })
})

/** Waits until every partition has acknowledged more: what was broken works again. */
async function more(load: NumberedLoad): Promise<void> {
  const goal = load.least + MORE
  await eventually(() => {
    if (load.least <= goal) throw new Error(`${load.least} acknowledged, not ${goal}`)
  }, RECOVERY_MS)
}

function record(value: string): LogRecord {
  return { key: null, value: Buffer.from(value), headers: [], timestampMs: Date.now() }
}

async function disposable(opening: Promise<KafkaCluster>) {
  const cluster = await opening
  return { cluster, [Symbol.asyncDispose]: () => cluster.stop() }
}
