import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { LogCluster } from '@ddmq/storage'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import {
  eventually,
  faultRounds,
  type KafkaServers,
  type KafkaVersion,
  kafkaMissing,
  kafkaTool,
  startKafka,
} from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Firer } from './firer.ts'
import { openKafka } from './kafka-cluster.ts'
import { readTexts } from './read-texts.ts'

const CALL = { deadlineMs: 15_000 }
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
