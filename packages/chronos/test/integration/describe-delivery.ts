import { setTimeout as delay } from 'node:timers/promises'
import { formatDelayId, roundOf } from '@ddmq/common/delay'
import { decodeMessageHeaders } from '@ddmq/storage'
import { delayDeadLetterTopic } from '@ddmq/storage/delay'
import { eventually } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { delayedMessage, readTopic } from './delay-log.ts'
import type { DelayScene } from './delay-scene.ts'

const WITHIN_MS = 30_000

/** What an engine is to these tests. */
export interface DeliveryEngine {
  /** A delay service that has started. */
  readonly open: () => Promise<DelayScene>
  readonly innerTopicPrefix: string
  /** Makes a topic that refuses a message which the table takes. */
  /** Key and body of the largest record that the table takes. */
  readonly largestRecordBytes: number
  readonly refusing: (scene: DelayScene) => Promise<{ readonly topic: string; readonly body: Buffer }>
}

/** What a delay service does on every engine. */
export function describeDelivery(engine: DeliveryEngine): void {
  describe('what is delivered', () => {
    let scene: DelayScene

    beforeAll(async () => {
      scene = await engine.open()
    }, 120_000)
    afterAll(() => scene?.[Symbol.asyncDispose]())

    /** A message that is due after all that is due now was delivered: what is not there yet will not come. */
    async function untilPassed(topic: string): Promise<void> {
      await Promise.all(
        [0, 1].map(async seq => {
          const { id } = await scene.add(Date.now(), { topic, seq, body: Buffer.from('mark') })
          await until(async () => expect(await scene.keys(topic)).toContain(formatDelayId(id)))
        }),
      )
    }

    test('CH-23 CH-24 CH-25 a message is delivered at its time and not before, to the millisecond, with its bytes, tags, properties and the id as its key', async () => {
      const topic = await scene.topic()
      const body = Buffer.from([0, 255, 128, 10])
      const dueMs = Date.now() + 1500
      const { id } = await scene.add(dueMs, {
        topic,
        body,
        tags: 'a||b',
        properties: new Map([['isPressureTraffic', 'true']]),
      })

      let seenMs = 0
      await until(async () => {
        expect(await readTopic(scene.cluster, topic)).toHaveLength(1)
        seenMs ||= Date.now()
      })

      const [record] = await readTopic(scene.cluster, topic)
      expect(seenMs).toBeGreaterThanOrEqual(dueMs)
      expect(record?.timestampMs).toBeGreaterThanOrEqual(dueMs)
      expect(record?.key?.toString()).toBe(formatDelayId(id))
      expect(Buffer.from(record?.value ?? [])).toEqual(body)
      const { tags, properties } = decodeMessageHeaders(record?.headers ?? [])
      expect(tags).toBe('a||b')
      expect(Object.fromEntries(properties)).toEqual({
        isPressureTraffic: 'true',
        from_chronos: 'from_chronos',
      })
    })

    test('CH-23 none of many messages is delivered before its millisecond', async () => {
      const topic = await scene.topic()
      const fromMs = Date.now() + 500
      const all = Array.from({ length: 100 }, (_, index) => ({ dueMs: fromMs + index * 7, seq: index % 2 }))
      await Promise.all(
        all.map(({ dueMs, seq }) => scene.add(dueMs, { topic, seq, body: Buffer.from(`${dueMs}`) })),
      )

      await until(async () => {
        const records = await readTopic(scene.cluster, topic)
        const latestMs = Date.now()
        expect(records.filter(({ value }) => Number(value?.toString()) > latestMs)).toEqual([])
        expect(records.filter(({ value, timestampMs }) => Number(value?.toString()) > timestampMs)).toEqual(
          [],
        )
        expect(records).toHaveLength(all.length)
      })
    })

    test('CH-26 a large body is delivered whole', async () => {
      const topic = await scene.topic()
      const body = Buffer.alloc(900_000, 'ddmq')
      await scene.add(Date.now(), { topic, body })

      await until(async () => {
        const [record] = await readTopic(scene.cluster, topic)
        expect(Buffer.from(record?.value ?? []).equals(body)).toBe(true)
      })
    })

    test('CH-20 CH-27 what is due already is delivered at once, and a retry of the add is not delivered again', async () => {
      const topic = await scene.topic()
      const dueMs = Date.now() - 60_000
      const { id } = await scene.add(dueMs, { topic })
      await scene.add(dueMs, { ...id, topic })
      await until(async () => expect(await scene.keys(topic)).toHaveLength(1))

      await scene.add(dueMs, { ...id, topic })
      await untilPassed(topic)

      expect(await scene.bodies(topic)).toEqual(['hello', 'mark', 'mark'])
    })

    test('CH-28 what was due while the service was down is delivered when it is back, once', async () => {
      const topic = await scene.topic()
      await scene.add(Date.now() + 700, { topic, body: Buffer.from('while it was down') })
      await scene.add(Date.now() + 3000, { topic, seq: 1, body: Buffer.from('after') })
      await scene.stop()
      await scene.add(Date.now() - 3_600_000, { topic, seq: 1, body: Buffer.from('an hour ago') })
      await delay(800)

      for (let round = 0; round < 2; round++) {
        await scene.start()
        await untilPassed(topic)
        if (round === 0) await scene.stop()
      }

      await until(async () =>
        expect((await scene.bodies(topic)).filter(body => body !== 'mark')).toEqual([
          'after',
          'an hour ago',
          'while it was down',
        ]),
      )
    })

    test('CH-29 a topic that is paused, over its rate or missing holds up no other, and CH-31 is delivered when it is not any more', async () => {
      const paused = await scene.topic({ paused: true })
      const slow = await scene.topic({ totalMaxTps: 1 })
      const missing = `missing.${Math.random().toString(36).slice(2)}`
      const other = await scene.topic()
      const count = 24
      for (const topic of [paused, slow, missing]) {
        for (let index = 0; index < count; index++) await scene.add(Date.now(), { topic, seq: index % 2 })
      }

      await untilPassed(other)

      expect(await scene.keys(paused)).toEqual([])
      expect((await scene.keys(slow)).length).toBeLessThan(count)
      await scene.configure(paused, { paused: false })
      await scene.configure(slow, { totalMaxTps: 8 })
      await scene.cluster.admin.createTopic({ topic: missing, partitions: 1 })
      for (const topic of [paused, slow, missing]) {
        await until(async () => expect(new Set(await scene.keys(topic)).size).toBe(count))
        await untilPassed(topic)
        expect((await scene.bodies(topic)).filter(body => body === 'hello')).toHaveLength(count)
      }
    })

    test('CH-30 a message that its topic refuses becomes a dead letter with the reason, and those beside it are delivered', async () => {
      const { topic, body } = await engine.refusing(scene)
      const dueMs = Date.now() + 300
      const { id } = await scene.add(dueMs, { topic, body, milliseconds: 0 })
      for (let index = 0; index < 9; index++) await scene.add(dueMs, { topic })

      await untilPassed(topic)
      await until(async () =>
        expect((await scene.bodies(topic)).filter(text => text === 'hello')).toHaveLength(9),
      )

      await until(async () => {
        const dead = await readTopic(scene.cluster, delayDeadLetterTopic(engine.innerTopicPrefix))
        const own = dead.filter(({ key }) => key?.toString() === formatDelayId(id))
        expect(own).toHaveLength(1)
        const facts = own[0]?.headers.map(({ name, value }) => [name, value.toString()])
        expect(Object.fromEntries(facts ?? [])).toMatchObject({
          'ddmq-dead-topic': topic,
          'ddmq-dead-reason': expect.stringMatching(/./),
        })
      })
      expect(await scene.keys(topic)).not.toContain(formatDelayId(id))
    })

    test('CH-30 a loop whose next round the table refuses becomes a dead letter and ends, and others go on', async () => {
      const [topic, beside] = [await scene.topic(), await scene.topic()]
      const timestamp = Math.floor(Date.now() / 1000)
      const loop = { type: 3, interval: 1, times: 1_000_000 } as const
      const name = { ...loop, milliseconds: 0 }
      const sizes = delayedMessage(timestamp * 1000, { ...name, topic, body: Buffer.alloc(0) })
      const bytes = engine.largestRecordBytes - (sizes.record.key?.length ?? 0)
      const { id } = await scene.add(timestamp * 1000, { ...name, topic, body: Buffer.alloc(bytes) })
      await scene.add(Date.now(), { topic })
      await scene.add(Date.now(), { topic: beside })

      await until(async () => expect(await scene.bodies(topic)).toEqual(['hello']))
      await until(async () => expect(await scene.bodies(beside)).toEqual(['hello']))
      const key = formatDelayId(id)
      await until(async () => {
        const dead = await readTopic(scene.cluster, delayDeadLetterTopic(engine.innerTopicPrefix))
        expect(dead.filter(record => `${record.key?.toString()}` === key)).toHaveLength(1)
      })
    })

    test('CH-32 CH-33 a loop is delivered in every round up to the one at its expiry or its last, the ids counting', async () => {
      const topic = await scene.topic()
      const timestamp = Math.floor(Date.now() / 1000) - 7
      const loop = { topic, type: 3, interval: 3 } as const
      const byExpiry = await scene.add(timestamp * 1000, { ...loop, times: 100, expire: timestamp + 9 })
      const byTimes = await scene.add(timestamp * 1000, { ...loop, times: 3, seq: 1 })

      const expected = [
        ...[0, 1, 2, 3].map(round => formatDelayId(roundOf(byExpiry.id, round))),
        ...[0, 1, 2].map(round => formatDelayId(roundOf(byTimes.id, round))),
      ].toSorted()
      await until(async () => expect(await scene.keys(topic)).toEqual(expected))
    })

    test('CH-34 an exponential loop is delivered at its offsets', async () => {
      const topic = await scene.topic()
      const timestamp = Math.floor(Date.now() / 1000) - 61
      const { id } = await scene.add(timestamp * 1000, { topic, type: 4, times: 6, interval: 2 })

      const dueAt = (key: string) => Number(key.slice(0, 10)) - id.timestamp
      await until(async () => expect((await scene.keys(topic)).map(dueAt)).toEqual([0, 2, 6, 14, 30, 62]))
    })

    test('CH-38 CH-39 a message cancelled before or after its add is not delivered, and CH-42 a cancel after the delivery changes nothing', async () => {
      const topic = await scene.topic()
      const dueMs = Date.now() + 1500
      await scene.cancel(await scene.add(dueMs, { topic, body: Buffer.from('cancelled after') }))
      const late = { ...(await scene.add(dueMs, { topic: 'nobody' })).id, topic }
      await scene.cancel({ id: late, topic })
      await scene.add(dueMs, { ...late, body: Buffer.from('cancelled before') })
      const kept = await scene.add(dueMs, { topic })

      await until(async () => expect(await scene.bodies(topic)).toEqual(['hello']))
      await scene.cancel(kept)
      await untilPassed(topic)

      expect(await scene.bodies(topic)).toEqual(['hello', 'mark', 'mark'])
    })

    test('CH-40 CH-41 a loop that is cancelled with a round of it ends there', async () => {
      const topic = await scene.topic()
      const timestamp = Math.floor(Date.now() / 1000) - 1
      const loop = { topic, type: 3, interval: 1, times: 60, milliseconds: 0 } as const
      const stopped = await scene.add(timestamp * 1000, loop)
      const planned = await scene.add(timestamp * 1000, loop)
      await scene.cancel(planned, 8)
      await until(async () =>
        expect(await scene.keys(topic)).toContain(formatDelayId(roundOf(stopped.id, 2))),
      )

      const fromRound = Math.max(8, Math.floor(Date.now() / 1000) - timestamp + 6)
      await scene.cancel(stopped, fromRound)
      await until(async () =>
        expect(await scene.keys(topic)).toContain(formatDelayId(roundOf(stopped.id, fromRound - 1))),
      )
      await delay(1500)
      await untilPassed(topic)

      const expected = [
        ...Array.from({ length: fromRound }, (_, round) => formatDelayId(roundOf(stopped.id, round))),
        ...Array.from({ length: 8 }, (_, round) => formatDelayId(roundOf(planned.id, round))),
      ].toSorted()
      const marks = 2
      expect((await scene.keys(topic)).filter(key => expected.includes(key))).toEqual(expected)
      expect(await scene.keys(topic)).toHaveLength(expected.length + marks)
    })
  })
}

function until(probe: () => Promise<void>): Promise<void> {
  return eventually(probe, WITHIN_MS)
}
