import { BARRIER_KEY, barrierRecord, messageKey } from '@ddmq/storage/delay'
import { expect, test } from 'vitest'
import { TABLE } from './messages.ts'
import { cancellation, DEAD_LETTERS, isKey, Story } from './story.ts'

const MIB = 1024 * 1024
const NEXT_ROUND = 'ddmq-round'

test('I2 what the cautious lane committed is not fired again while its markers are late', async () => {
  using story = new Story({ topics: ['a', 'x'], seed: 3 })
  const { brokers } = story.world
  await story.start()
  brokers.refuse('a', 'unavailable')
  await story.addAll(40, 'a', story.nowMs)
  await story.after(5_000)
  brokers.accept('a')
  brokers.transactions.delayMarkers(2_500)

  // So often that the topic is trusted again in between, and the loop takes over what waits.
  for (let round = 0; round < 20; round++) {
    await story.addAll(3, 'a', story.nowMs)
    await story.addAll(1, 'x', story.nowMs)
    await story.after(1_500)
  }
  await story.after(60_000)

  expect(new Set(story.keys('a')).size).toBe(100)
  expect(story.keys('a')).toHaveLength(100)
  expect(story.keys('x')).toHaveLength(20)
})

test.for([
  { who: 'the loop is not marked yet', lane: false, markersMs: 400 },
  { who: 'the cautious lane is not marked yet', lane: true, markersMs: 400 },
])(
  'I4 CH-38 no message is fired after its cancel was acknowledged, while a transaction of $who',
  async ({ lane, markersMs }) => {
    for (let seed = 1; seed <= 4; seed++) {
      using story = new Story({ topics: ['a', 'x'], seed })
      const { brokers, clock } = story.world
      await story.start()
      if (lane) brokers.refuse('a', 'unavailable')
      const atMs = story.nowMs + 2_000
      const opening = story.message('a', lane ? story.nowMs : atMs)
      story.writeNow(opening.record)
      const others = Array.from({ length: 1500 }, (_, place) => story.message('x', atMs + 4 * place))
      for (const { record } of others) story.writeNow(record)
      await story.after(1_900)

      brokers.accept('a')
      brokers.transactions.delayMarkers(1)
      const key = messageKey(opening.name)
      const written = new Set<string>()
      brokers.refuseWhere(({ topic, records }) => {
        if (topic === TABLE && records.some(record => isKey(record, key))) written.add(topic)
        return undefined
      })
      while (written.size === 0) await clock.advance(1)
      brokers.transactions.delayMarkers(markersMs)
      const inTime = others.filter(({ dueMs }) => dueMs > story.nowMs)
      // More than one read brings, and the cancels behind it.
      for (let part = 0; part < 6; part++)
        story.writeNow(story.message('x', atMs + 90_000_000, { body: Buffer.alloc(MIB) }).record)
      for (const message of inTime) story.writeNow(cancellation(message))
      await story.after(20_000)

      const fired = new Set(story.keys('x'))
      expect(inTime.length).toBeGreaterThan(20)
      expect(inTime.filter(({ key: cancelled }) => fired.has(cancelled))).toEqual([])
      expect(fired.size).toBe(others.length - inTime.length)
    }
  },
)

test('I4 CH-38 no message is fired after its cancel was acknowledged, while a transaction of the cautious lane is open', async () => {
  for (let seed = 1; seed <= 6; seed++) {
    using story = new Story({ topics: ['a', 'x'], seed })
    const { brokers, clock } = story.world
    await story.start()
    brokers.refuse('a', 'unavailable')
    const opening = story.message('a', story.nowMs)
    story.writeNow(opening.record)
    // So seldom that the loop is idle when the lane begins.
    const others = Array.from({ length: 30 }, (_, second) => story.message('x', story.nowMs + 1000 * second))
    for (const { record } of others) story.writeNow(record)
    await story.after(1_000)

    brokers.accept('a')
    const key = messageKey(opening.name)
    await story.untilSent(record => isKey(record, key))
    while (story.table.lastStableOffset === story.table.endOffset) await clock.advance(1)
    brokers.transactions.delayDecisions(1_500)
    const inTime = others.filter(({ dueMs }) => dueMs > story.nowMs)
    for (const message of inTime) story.writeNow(cancellation(message))
    await story.after(40_000)

    const fired = new Set(story.keys('x'))
    expect(inTime.length).toBeGreaterThan(5)
    expect(inTime.filter(({ key: cancelled }) => fired.has(cancelled))).toEqual([])
    expect(story.keys('a')).toHaveLength(1)
  }
})

test('I7 CH-48 a log that lost its end under a reader loses nothing that was acknowledged after', async () => {
  using story = new Story({ topics: ['a'] })
  const { table } = story
  await story.start()
  const dueMs = story.nowMs + 60_000
  const { writes } = story.world.brokers
  await story.addAll(3, 'a', dueMs)
  await story.after(500)

  table.cutAfter(writes)
  const kept = Array.from({ length: 5 }, () => story.message('a', dueMs))
  for (const { record } of kept) story.writeNow(record)
  await story.after(120_000)

  expect(story.keys('a').toSorted()).toEqual(kept.map(({ key }) => key).toSorted())
})

test('I7 CH-48 a log that lost what was committed, before it was read back, holds up nothing', async () => {
  using story = new Story({ topics: ['a', 'x'] })
  const { brokers } = story.world
  await story.start()
  await story.addAll(20, 'a', story.nowMs + 100)
  brokers.transactions.delayMarkers(3_000)
  const before = await story.untilSent(({ value }) => value === null)
  await story.after(150)

  story.table.cutAfter(before)
  brokers.transactions.delayMarkers()
  await story.addAll(1, 'x', story.nowMs)
  await story.after(10_000)

  expect(story.keys('x')).toHaveLength(1)
  expect(new Set(story.keys('a')).size).toBe(20)
})

test('I7 CH-48 a log that lost a barrier before it was read back holds up nothing', async () => {
  using story = new Story({ topics: ['x'] })
  const { brokers, clock } = story.world
  brokers.transactions.delayMarkers(3_000)
  const starting = story.start()
  const before = await story.untilSent(record => isKey(record, BARRIER_KEY))
  await clock.advance(150)

  story.table.cutAfter(before)
  brokers.transactions.delayMarkers()
  story.writeNow(story.message('x', story.nowMs).record)
  story.writeNow(story.message('x', story.nowMs).record)
  await clock.advance(10_000)

  expect(story.keys('x')).toHaveLength(2)
  await starting
})

test('I7 another leader that has all that was committed, and has not ended the transaction yet, costs no takeover', async () => {
  using story = new Story({ topics: ['a'] })
  const { brokers, clock } = story.world
  await story.start()
  await story.addAll(20, 'a', story.nowMs + 1_000)
  brokers.transactions.delayMarkers(8_000)
  await story.untilSent(({ value }) => value === null)
  const { barriers } = story
  await clock.advance(1)
  story.table.elect()
  await clock.advance(100)
  expect(story.table.lastStableOffset).toBeLessThan(story.table.endOffset)

  await clock.advance(10_000)
  expect(story.barriers).toBe(barriers)
  expect(story.keys('a')).toHaveLength(20)
})

test('I5 an owner whose barrier is followed by that of another leaves it time before it takes over again', async () => {
  using story = new Story({ topics: ['x'] })
  const { brokers, clock } = story.world
  brokers.transactions.delayMarkers(3_000)
  const starting = story.start()
  await story.untilSent(record => isKey(record, BARRIER_KEY))
  await clock.advance(50)
  brokers.transactions.delayMarkers()
  story.writeNow(story.message('x', story.nowMs).record)
  story.writeNow(barrierRecord('of another', 0))
  expect(story.barriers).toBe(1)

  while (story.barriers < 2) await clock.advance(10)
  await clock.advance(900)
  expect(story.barriers).toBe(2)
  await clock.advance(5_000)
  expect(story.barriers).toBe(3)
  expect(story.keys('x')).toHaveLength(1)
  await starting
})

test('I8 CH-31 a topic that failed is tried again however busy the others are', async () => {
  using story = new Story({ topics: ['a', 'x'] })
  const { brokers } = story.world
  await story.start()
  brokers.refuse('a', 'unavailable')
  await story.addAll(10, 'a', story.nowMs)
  await story.after(1_000)
  const fromMs = story.nowMs
  for (let place = 0; place < 3_000; place++) story.writeNow(story.message('x', fromMs + 10 * place).record)
  brokers.accept('a')
  await story.after(25_000)

  expect(story.keys('a')).toHaveLength(10)
})

test('I8 CH-29 a table that refuses a next round with which nothing is delivered stalls no other topic', async () => {
  using story = new Story({ topics: ['a', 'x'], settings: { a: { misfire: 'skip' } } })
  let refused = 0
  story.world.brokers.refuseWhere(({ topic, records }) => {
    const isNext = records.some(({ headers }) => headers.some(({ name }) => name === NEXT_ROUND))
    if (topic !== TABLE || !isNext) return undefined
    refused++
    return 'tooLarge'
  })
  await story.addAll(1, 'a', story.nowMs - 30_000, { rounds: 1000 })
  await story.start()
  for (let time = 0; time < 20; time++) {
    await story.addAll(1, 'x', story.nowMs + 1_000)
    await story.after(5_000)
    expect(story.keys('x')).toHaveLength(time + 1)
  }
  expect(refused).toBeGreaterThan(0)
  expect(refused).toBeLessThan(10)
})

test.for([
  { what: 'cannot be made', exists: false, kind: 'invalid' as const },
  { what: 'is away', exists: true, kind: 'unavailable' as const },
])(
  'I8 CH-30 a dead-letter topic that $what holds up no other topic, and its dead letters wait',
  async ({ exists, kind }) => {
    using story = new Story({ topics: ['a', 'x'], hasDeadLetters: exists })
    const { brokers } = story.world
    brokers.refuse('a', 'tooLarge')
    brokers.refuse(DEAD_LETTERS, kind)
    await story.start()
    await story.addAll(1, 'a', story.nowMs)
    await story.after(5_000)

    const { takeovers } = story
    await story.after(60_000)
    expect(story.takeovers).toBe(takeovers)
    for (let time = 0; time < 10; time++) {
      const dueMs = story.nowMs + 1_000
      await story.addAll(1, 'x', dueMs)
      await story.after(2_500)
      expect(story.keys('x')).toHaveLength(time + 1)
    }

    brokers.accept(DEAD_LETTERS)
    await story.after(120_000)
    expect(story.delivered(DEAD_LETTERS)).toHaveLength(1)
  },
)

test('I8 CH-30 CH-37 good rounds of a large loop are delivered, though all of them at once are too large', async () => {
  using story = new Story({ topics: ['a'] })
  story.world.brokers.refuseWhere(({ records }) => {
    let bytes = 0
    for (const { value } of records) bytes += 100 + (value?.length ?? 0)
    return bytes > MIB ? 'tooLarge' : undefined
  })
  const rounds = 300
  await story.addAll(1, 'a', story.nowMs - (rounds + 60) * 2_000, { rounds, body: Buffer.alloc(9_000) })
  await story.start()
  await story.after(60_000)

  expect(story.delivered(DEAD_LETTERS)).toEqual([])
  expect(new Set(story.keys('a')).size).toBe(rounds)
  expect(story.keys('a')).toHaveLength(rounds)
})

test('I8 CH-30 what waited a day for a topic that is missing is buried together', async () => {
  using story = new Story({ topics: ['x'] })
  await story.start()
  await story.addAll(500, 'gone', story.nowMs - 90_000_000)
  await story.addAll(3, 'gone', story.nowMs)
  await story.after(120_000)

  expect(story.delivered(DEAD_LETTERS)).toHaveLength(500)
})

test.for([
  { when: 'nothing is due', isSteppedBack: false },
  { when: 'the wall clock was set back under rounds that wait', isSteppedBack: true },
])('I8 CH-50 the shard does not read without pause while $when', async ({ isSteppedBack }) => {
  using story = new Story({ topics: ['a'] })
  const { brokers } = story.world
  const { cluster, process } = story.place
  let reads = 0
  const read = cluster.read.bind(cluster)
  cluster.read = (...call) => {
    reads++
    return read(...call)
  }
  await story.start()
  if (isSteppedBack) {
    brokers.refuse('a', 'unavailable')
    await story.addAll(4, 'a', story.nowMs)
    await story.after(15_000)
    brokers.accept('a')
    process.stepWall(-3_600_000)
    await story.after(80_000)
  }

  reads = 0
  await story.after(4_000)
  expect(reads).toBeLessThan(160)
})
