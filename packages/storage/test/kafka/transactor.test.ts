import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, systemClock } from '@ddmq/common/clock'
import type { AssignedPartition, LogCluster } from '@ddmq/storage'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import {
  eventually,
  faultRounds,
  type KafkaServers,
  type KafkaVersion,
  kafkaMissing,
  kafkaTool,
  startKafka,
  testLogger,
} from '@ddmq/testkit'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Firer } from './firer.ts'
import { openKafka } from './kafka-cluster.ts'
import { readTexts } from './read-texts.ts'

const CALL = { deadlineMs: 15_000 }
/** However long a caller would give it. */
const LONGEST_COMMIT_MS = 45_000
const RARELY_MS = 600_000
const missing = kafkaMissing()
const versions: readonly KafkaVersion[] = ['4', '3']

describe.each(versions)('transactions', version => {
  const needs = version === '4' ? 'Kafka 4.x' : 'Kafka 3.9'
  // oxlint-disable-next-line max-lines-per-function -- a list of tests
  const reason = missing === undefined ? '' : ` (needs Kafka: ${missing})`
  describe.skipIf(missing !== undefined)(`${needs}${reason}`, () => {
    let kafka: KafkaServers
    let cluster: KafkaCluster

    beforeAll(async () => {
      kafka = await startKafka({ version, proxied: true })
      cluster = await openKafka(kafka.bootstrapServers, { settings: { requestTimeoutMs: 1_000 } })
    }, 60_000)
    afterAll(async () => {
      await cluster?.stop()
      await kafka?.[Symbol.asyncDispose]()
    })

    async function newTopic(partitions: number): Promise<string> {
      const topic = `transactions.${randomUUID()}`
      await cluster.admin.createTopic({ topic, partitions })
      return topic
    }

    /** What Kafka's own consumer delivers of committed transactions, each partition up to a mark that is appended last. */
    async function witness(topic: string, partitions: number, count: number): Promise<readonly string[]> {
      const marks = Array.from({ length: partitions }, (_, partition) => append(topic, partition, 'end'))
      await cluster.append(marks, CALL)
      const said = await kafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
        '--bootstrap-server',
        kafka.directServers,
        '--topic',
        topic,
        '--from-beginning',
        '--isolation-level',
        'read_committed',
        '--max-messages',
        `${count + partitions}`,
        '--timeout-ms',
        '60000',
      ])
      return said.split('\n').filter(line => /^[a-z0-9]+$/.test(line))
    }

    test('opens an id again, of a holder that is gone with a transaction open, and aborts that', async () => {
      const topic = await newTopic(1)
      const id = `tx-${randomUUID()}`
      // The first producer of a cluster has the id 0, which a request that names none may carry as well.
      await (await cluster.transactor(`tx-${randomUUID()}`)).close()
      const first = await cluster.transactor(id)
      await first.commit([append(topic, 0, 'first')], CALL)
      kafka.proxy(1).stall('toClient')
      const cut = first.commit([append(topic, 0, 'cut')], { deadlineMs: 300 })
      await expect(cut).rejects.toMatchObject({ kind: 'unavailable' })
      kafka.proxy(1).heal()

      const second = await cluster.transactor(id)
      await second.commit([append(topic, 0, 'second')], CALL)

      await eventually(async () => expect(await readTexts(cluster, topic, 1)).toEqual([['first', 'second']]))
      expect(await witness(topic, 1, 2)).toEqual(['first', 'second', 'end'])
      await expect(first.commit([append(topic, 0, 'late')], CALL)).rejects.toBeInstanceOf(Error)
      await Promise.all([first.close(), second.close()])
    })

    test('stores records of many topics and partitions in one transaction, each append in one piece', async () => {
      const topics = await Promise.all([newTopic(8), newTopic(8), newTopic(8)])
      const transactor = await cluster.transactor(`tx-${randomUUID()}`)
      const appends = [0, 1].flatMap(round =>
        topics.flatMap(topic =>
          Array.from({ length: 8 }, (_, partition) => append(topic, partition, `${round}`, 'b')),
        ),
      )

      const baseOffsets = await transactor.commit(appends, CALL)

      expect(baseOffsets).toEqual(appends.map((_, index) => (index < appends.length / 2 ? 0 : 2)))
      for (const topic of topics) {
        await eventually(async () =>
          expect(await readTexts(cluster, topic, 8)).toEqual(
            Array.from({ length: 8 }, () => ['0', 'b', '1', 'b']),
          ),
        )
      }
      await transactor.close()
    })

    test('X2 commits that are begun together are transactions of their own, one after the other', async () => {
      const topic = await newTopic(1)
      const transactor = await cluster.transactor(`tx-${randomUUID()}`)

      const commits = ['a', 'b', 'c'].map(value => transactor.commit([append(topic, 0, value)], CALL))

      // Each ends with a marker, which has an offset as well.
      expect(await Promise.all(commits)).toEqual([[0], [2], [4]])
      await transactor.close()
    })

    test('stores all offsets of a transaction, with their metadata, also of a group that has members', async () => {
      const topic = await newTopic(20)
      const group = `tx-${randomUUID()}`
      const idle = { assigned: async () => undefined, revoked: async () => undefined, lost: () => undefined }
      const member = await cluster.join(group, [topic], idle)
      await eventually(() => expect(member.assignment()).toHaveLength(20))
      const transactor = await cluster.transactor(`tx-${randomUUID()}`)
      const offsets = Array.from({ length: 20 }, (_, index) => ({
        topic,
        partition: `${index}`,
        offset: 1000 + index,
        metadata: `shard ${index}`,
      }))

      await transactor.commit([append(topic, 0, 'a')], { ...CALL, offsets: { group, offsets } })
      await transactor.commit([], { ...CALL, offsets: { group, offsets: offsets.slice(0, 1) } })

      await eventually(async () => expect(await cluster.admin.committed(group)).toEqual(offsets))
      await member.leave(AbortSignal.timeout(5_000))
      await transactor.close()
    })

    test('positions that an open transaction is about to change are read when it is decided', async () => {
      const topic = await newTopic(2)
      const group = `tx-${randomUUID()}`
      const before = [0, 1].map(index => ({ topic, partition: `${index}`, offset: 1, metadata: '' }))
      await cluster.admin.setCommitted(group, before)
      await using other = await openTransaction(kafka.directServers)
      await other.transaction.sendOffsets({
        consumerGroupId: group,
        topics: [{ topic, partitions: [0, 1].map(partition => ({ partition, offset: `${7 + partition}` })) }],
      })
      const logger = testLogger()
      const second = await openKafka(kafka.directServers, { log: logger.log })
      const assigned: (number | undefined)[] = []
      const reader = {
        assigned: async (partitions: readonly AssignedPartition[]) =>
          void assigned.push(...partitions.map(({ committed }) => committed?.offset)),
        revoked: async () => undefined,
        lost: () => undefined,
      }

      const read = second.admin.committed(group)
      const member = await second.join(group, [topic], reader)
      // Both have asked by then: the broker answers what is on one connection in turn.
      await eventually(() => expect(logger.withMessage('positions could not be read yet')).not.toEqual([]))
      await second.admin.listGroups()
      await other.transaction.commit()

      expect((await read).map(({ offset }) => offset)).toEqual([7, 8])
      await eventually(() => expect(assigned).toEqual([7, 8]))
      await member.leave(AbortSignal.timeout(5_000))
      await second.stop()
    })

    test('is not ended by the brokers while a commit may still come', async () => {
      const id = `tx-${randomUUID()}`
      const transactor = await cluster.transactor(id)

      const args = ['--bootstrap-server', kafka.directServers, 'describe', '--transactional-id', id]
      const said = await kafkaTool('org.apache.kafka.tools.TransactionsCommand', args)

      const [names = [], values = []] = said.split('\n').map(line => line.trim().split(/\s+/))
      const timeoutMs = Number(values[names.indexOf('TransactionTimeoutMs')])
      expect(timeoutMs).toBeGreaterThan(LONGEST_COMMIT_MS)
      await transactor.close()
    })

    /** A cluster with what it was told to wait, but for what it does now and then. */
    async function countingPauses() {
      const pauses: number[] = []
      const clock: Clock = {
        ...systemClock,
        sleep: (ms, signal) => {
          if (ms < RARELY_MS) pauses.push(ms)
          return systemClock.sleep(ms, signal)
        },
      }
      const settings = { metadataRefreshMs: RARELY_MS }
      const counting = await openKafka(kafka.bootstrapServers, { clock, settings })
      return { cluster: counting, pauses, [Symbol.asyncDispose]: () => counting.stop() }
    }

    test('asks again within moments while the transaction before it is being written down', async () => {
      const topic = await newTopic(8)
      await using counting = await countingPauses()
      const transactor = await counting.cluster.transactor(`tx-${randomUUID()}`)
      await counting.cluster.partitions(topic)
      counting.pauses.splice(0)

      const appends = Array.from({ length: 8 }, (_, partition) => append(topic, partition, 'a'))
      for (let round = 0; round < 50; round++) await transactor.commit(appends, CALL)

      expect(counting.pauses).not.toEqual([])
      expect(Math.max(...counting.pauses)).toBeLessThanOrEqual(20)
      await transactor.close()
    })

    test('is limited by its deadline, not by how often it asks', async () => {
      const topic = await newTopic(1)
      await using counting = await countingPauses()
      const transactor = await counting.cluster.transactor(`tx-${randomUUID()}`)
      await transactor.commit([append(topic, 0, 'a')], CALL)
      kafka.proxy(1).refuse()
      counting.pauses.splice(0)

      const committed = transactor.commit([append(topic, 0, 'b')], CALL)
      await eventually(() => expect(counting.pauses.length).toBeGreaterThan(10))
      kafka.proxy(1).heal()

      expect(await committed).toEqual([2])
      await transactor.close()
    })

    test('stores more than one batch may hold, of one partition', async () => {
      const topic = await newTopic(1)
      const transactor = await cluster.transactor(`tx-${randomUUID()}`)
      const appends = Array.from({ length: 40 }, (_, index) =>
        append(topic, 0, `${index}`.padEnd(100_000, '.')),
      )

      const baseOffsets = await transactor.commit(appends, CALL)

      expect(baseOffsets).toEqual(appends.map((_, index) => index))
      await eventually(async () => {
        const [texts = []] = await readTexts(cluster, topic, 1)
        expect(texts.map(text => Number.parseInt(text, 10))).toEqual(appends.map((_, index) => index))
      })
      await transactor.close()
    })

    test('an end without an answer is an unknown outcome, and the next holder learns it', async () => {
      const topic = await newTopic(3)
      const group = `tx-${randomUUID()}`
      const firer = new Firer({
        cluster,
        topic,
        group,
        id: `tx-${randomUUID()}`,
        partitions: 3,
        deadlineMs: 800,
      })

      for (let round = 0; round < faultRounds(15, 300); round++) {
        const before = firer.committed
        await eventually(() => expect(firer.committed).toBeGreaterThan(before), 60_000)
        await delay(Math.random() * 20)
        if (round % 3 === 0) {
          kafka.proxy(1).stall('toClient')
          await firer.untilFailures(firer.failures + 1)
        }
        kafka.proxy(1).cut()
        kafka.proxy(1).heal()
      }

      const progress = await firer.stop()
      const expected = Array.from({ length: progress }, (_, number) => `${number}`)
      await eventually(async () =>
        expect(await readTexts(cluster, topic, 3)).toEqual([expected, expected, expected]),
      )
      const seen = await witness(topic, 3, 3 * progress)
      expect(seen.toSorted()).toEqual([...expected, ...expected, ...expected, 'end', 'end', 'end'].toSorted())
      expect(firer.committed).toBeLessThanOrEqual(progress)
      process.stdout.write(`Kafka ${version}: ${progress} transactions; ${firer.figures}\n`)
    }, 180_000)
  })
})

/** Begun by another client, to be ended by the test. */
async function openTransaction(brokers: string) {
  const producer = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).producer({
    transactionalId: randomUUID(),
    idempotent: true,
    maxInFlightRequests: 1,
  })
  await producer.connect()
  return {
    transaction: await producer.transaction(),
    [Symbol.asyncDispose]: () => producer.disconnect(),
  }
}

function append(
  topic: string,
  partition: number,
  ...values: readonly string[]
): Parameters<LogCluster['append']>[0][0] {
  return {
    topic,
    partition: `${partition}`,
    records: values.map(value => ({
      key: null,
      value: Buffer.from(value),
      headers: [],
      timestampMs: Date.now(),
    })),
  }
}
