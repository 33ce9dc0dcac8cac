import { barrierRecord } from '@ddmq/storage/delay'
import { expect, test } from 'vitest'
import { TABLE } from './messages.ts'
import type { WriteFault } from './simulated-brokers.ts'
import { DEAD_LETTERS, Story } from './story.ts'

test.for<[WriteFault | undefined, number]>([
  [undefined, 1],
  ['refused', 1],
  ['lostUnknown', 1],
  ['storedUnknown', 2],
  ['storedLate', 2],
])('I9 a delivery that is %s is tried again, and comes %i times', async ([fault, times]) => {
  using story = new Story({ topics: ['a'], withoutTransactions: true })
  await story.start()
  await story.addAll(1, 'a', story.nowMs + 1_000)
  if (fault !== undefined) story.world.brokers.failNextCommit(fault)
  await story.after(60_000)

  expect(story.keys('a')).toHaveLength(times)
})

test('I9 I8 what one topic of a batch refuses comes again to the others, once, and does not stall them', async () => {
  using story = new Story({ topics: ['a', 'x'], withoutTransactions: true })
  const { brokers } = story.world
  await story.start()
  brokers.refuse('a', 'unavailable')
  const dueMs = story.nowMs + 1_000
  await Promise.all([story.addAll(3, 'a', dueMs), story.addAll(3, 'x', dueMs)])
  await story.after(30_000)
  expect(story.keys('x')).toHaveLength(6)
  expect(new Set(story.keys('x')).size).toBe(3)

  brokers.accept('a')
  await story.after(60_000)
  expect(story.keys('a')).toHaveLength(3)
  expect(story.keys('x')).toHaveLength(6)
})

test('I9 a loop whose next round the table refuses ends as a dead letter, however often it was delivered before', async () => {
  using story = new Story({ topics: ['a', 'x'], withoutTransactions: true })
  story.world.brokers.refuseWhere(({ topic, records }) => {
    const isNext = records.some(({ headers }) => headers.some(({ name }) => name === 'ddmq-round'))
    return topic === TABLE && isNext ? 'tooLarge' : undefined
  })
  await story.start()
  await story.addAll(1, 'a', story.nowMs, { rounds: 5 })
  await story.after(20_000)
  await story.addAll(1, 'x', story.nowMs)
  await story.after(20_000)

  expect(new Set(story.keys('a')).size).toBe(1)
  expect(story.delivered(DEAD_LETTERS)).toHaveLength(1)
  expect(story.keys('x')).toHaveLength(1)
})

test('I9 I5 a barrier of an older tenure that comes late does not hold up the takeover', async () => {
  using story = new Story({ topics: ['a'], withoutTransactions: true })
  const { cluster } = story.place
  const append = cluster.append.bind(cluster)
  let late = 1
  cluster.append = async (...call) => {
    const outcomes = await append(...call)
    if (late-- > 0) story.writeNow(barrierRecord('late', 0))
    return outcomes
  }
  await story.start()
  await story.addAll(1, 'a', story.nowMs)
  await story.after(5_000)

  expect(story.keys('a')).toHaveLength(1)
})
