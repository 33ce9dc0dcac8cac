import { randomUUID } from 'node:crypto'
import { DELAY_TYPES, formatDelayId } from '@ddmq/common/delay'
import { messageName, messageRecord } from '@ddmq/storage/delay'
import { FakeClock, testLogger } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { Planner } from '../../src/app/planner.ts'
import type { TopicSettings } from '../../src/app/topic-settings.ts'
import { Destinations } from '../../src/core/destinations.ts'
import type { FireBatch } from '../../src/core/fire-batch.ts'
import { DelayIndex } from '../../src/store/delay-index.ts'
import { shardPrefix } from '../../src/store/keys.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'

const FREE: TopicSettings = { seen: true, exists: true, paused: false, misfire: 'all', maxTps: undefined }
const HOUR_S = 3_600

class CountingStore extends MemoryStore {
  entriesRead = 0

  override async scan(options: Parameters<MemoryStore['scan']>[0]): ReturnType<MemoryStore['scan']> {
    const entries = await super.scan(options)
    this.entriesRead += entries.length
    return entries
  }
}

/** A planner over rounds that were due an hour ago. */
async function fixture(count: number, settings: Record<string, Partial<TopicSettings>> = {}) {
  const clock = new FakeClock()
  const store = new CountingStore()
  const index = await DelayIndex.open(store, shardPrefix('c', '0'))
  let offset = 0
  const position = () => ({ topicId: 't', epoch: 0, offset, caughtUpMs: 0 })
  await index.reset(position())
  const get = (topic: string): TopicSettings => ({ ...FREE, ...settings[topic] })
  const destinations = new Destinations({ clock, random: () => 1, shards: () => 1, settings: get })
  const limits = { count, bytes: 8 * 1024 * 1024 }
  const planner = new Planner({
    index,
    destinations,
    settings: { get },
    limits,
    log: testLogger().log,
    turn: async () => undefined,
  })
  return {
    clock,
    store,
    settings,
    plan: () => planner.next(clock.nowMs()),
    add: async (topic: string, messages: number, loop?: { rounds: number; intervalSeconds: number }) => {
      const timestamp = Math.floor(clock.nowMs() / 1000) - HOUR_S
      const records = Array.from({ length: messages }, () => {
        const id = formatDelayId({
          timestamp,
          type: loop === undefined ? DELAY_TYPES.once : DELAY_TYPES.loop,
          expire: timestamp + 48 * HOUR_S,
          times: loop?.rounds ?? 0,
          timed: 0,
          interval: loop?.intervalSeconds ?? 0,
          seq: 0,
          uuid: randomUUID(),
        })
        const content = { body: Buffer.from('x'), headers: [] }
        const record = messageRecord(messageName({ topic, id, milliseconds: 0 }), content, clock.nowMs())
        return { ...record, offset: offset++ }
      })
      await index.apply(records, position())
    },
  }
}

function keysOf(batch: FireBatch, topic: string): readonly string[] {
  return (batch.deliveries.get(topic) ?? []).map(({ key }) => Buffer.from(key ?? []).toString())
}

test('I2 a round is in a batch once, however much of a topic that waits is due beside it', async () => {
  const { add, plan } = await fixture(200, { paused: { paused: true } })
  await add('a-running', 10)
  await add('paused', 450)

  const keys = keysOf(await plan(), 'a-running')
  expect(keys).toHaveLength(10)
  expect(new Set(keys).size).toBe(10)
})

test('I8 a burst of topics that wait hides nothing that is behind it', async () => {
  const { add, plan, clock } = await fixture(100, { paused: { paused: true } })
  await add('paused', 350)
  await clock.advance(1000)
  await add('running', 3)

  expect(keysOf(await plan(), 'running')).toHaveLength(3)
})

test('I8 CH-29 the backlog of a topic that was resumed takes at most half of a batch', async () => {
  const { add, plan, settings } = await fixture(100, { resumed: { paused: true } })
  await add('resumed', 400)
  await plan()

  settings['resumed'] = {}
  await add('other', 90)
  const batch = await plan()
  expect(batch.deliveries.get('resumed')).toHaveLength(50)
  expect(batch.deliveries.get('other')?.length).toBeGreaterThanOrEqual(50)
})

test('I8 topics whose backlogs wait take turns', async () => {
  const { add, plan, settings } = await fixture(20, { a: { paused: true }, b: { paused: true } })
  await add('a', 100)
  await add('b', 100)
  await plan()

  delete settings['a']
  delete settings['b']
  const [first, second] = [await plan(), await plan()]
  expect([...first.deliveries.keys(), ...second.deliveries.keys()].toSorted()).toEqual(['a', 'b'])
})

test('I8 missed rounds of loops count against the rate of their topic', async () => {
  const { add, plan } = await fixture(2000, { slow: { maxTps: 10 } })
  await add('slow', 20, { rounds: 1000, intervalSeconds: 2 })

  expect((await plan()).deliveries.get('slow')?.length).toBeLessThanOrEqual(10)
})

test('I8 rounds of topics that may not go are not read for every plan', async () => {
  const { add, plan, store } = await fixture(100, {
    p1: { paused: true },
    p2: { paused: true },
    p3: { paused: true },
  })
  for (const topic of ['p1', 'p2', 'p3']) await add(topic, 300)
  await plan()

  store.entriesRead = 0
  await plan()
  expect(store.entriesRead).toBeLessThan(10)
})
