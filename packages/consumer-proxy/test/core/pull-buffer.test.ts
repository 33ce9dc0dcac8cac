import { FakeClock } from '@ddmq/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { PullBuffer } from '../../src/core/pull-buffer.ts'
import { type PullBatch, PullQueue } from '../../src/core/pull-queue.ts'
import type { PullWanted } from '../../src/core/pull-waiters.ts'
import { RecordedJob } from './fake-job.ts'

const ALL: PullWanted = { topic: undefined, maxMessages: 0, maxBytes: 1e9 }
const SILENT = { delivered: () => undefined, redelivered: () => undefined }

let clock: FakeClock
let buffer: PullBuffer

beforeEach(() => {
  clock = new FakeClock()
  buffer = new PullBuffer(clock, 3, SILENT)
})

/** Pulls without waiting; what comes is in `answers` by the time it returns. */
function pull(wanted = ALL, lingerMs = 20): { answers: (PullBatch | undefined)[]; cancel: () => void } {
  const answers: (PullBatch | undefined)[] = []
  const cancel = buffer.pull(wanted, lingerMs, batch => answers.push(batch))
  return { answers, cancel }
}

function offsetsOf(batch: PullBatch | undefined): number[] | undefined {
  return batch?.entries.map(entry => entry.offset)
}

function add(...jobs: RecordedJob[]): void {
  for (const job of jobs) buffer.add(job)
  buffer.wake()
}

describe('batches', () => {
  test('P1, P5: each batch holds one (topic, qid) and they take turns', () => {
    for (let offset = 0; offset < 20; offset++) {
      add(new RecordedJob(offset, { qid: 'c_0' }), new RecordedJob(offset, { qid: 'c_1' }))
    }
    const qids = [1, 2, 3, 4].map(() => pull().answers[0]?.qid)
    expect(qids).toEqual(['c_0', 'c_1', 'c_0', 'c_1'])
  })

  test('the byte limit ends a batch with the message that reaches it', () => {
    add(...[0, 1, 2, 3].map(offset => new RecordedJob(offset, { bytes: 3_000_000 })))
    expect(offsetsOf(pull({ ...ALL, maxBytes: 4_194_304 }).answers[0])).toEqual([0, 1])
  })

  test('terminated jobs are passed over without an answer of nothing', () => {
    const [dead, alive] = [new RecordedJob(0), new RecordedJob(1)]
    dead.terminated = true
    add(dead, alive)
    expect(offsetsOf(pull().answers[0])).toEqual([1])
  })
})

describe('retries', () => {
  test('P6: what timed out comes before what is new, oldest first', async () => {
    add(
      ...[0, 1, 2].map(offset => new RecordedJob(offset, { config: { timeout: 1000, maxPullBatchSize: 2 } })),
    )
    expect(offsetsOf(pull().answers[0])).toEqual([0, 1])
    await clock.advance(1000)
    expect(offsetsOf(pull().answers[0])).toEqual([0, 1])
    expect(offsetsOf(pull().answers[0])).toEqual([2])
  })

  test('a refused message comes again after the pauses of its ladder and is then dropped', async () => {
    const job = new RecordedJob(7, { config: { retryIntervals: [100, 150], timeout: 60_000 } })
    add(job)
    for (const pauseMs of [100, 150]) {
      expect(offsetsOf(pull().answers[0])).toEqual([7])
      expect(buffer.fail('orders', 'c_0', 7)).toBe(true)
      const parked = pull(ALL, 10_000)
      await clock.advance(pauseMs - 1)
      expect(parked.answers).toEqual([])
      parked.cancel()
      await clock.advance(1)
    }
    pull()
    buffer.fail('orders', 'c_0', 7)
    expect(job.outcomes).toEqual([
      { kind: 'dropped', reason: 'businessRetriesExhausted', attempts: 3, lastResponse: '' },
    ])
  })

  test('a message nobody confirms is delivered 1 + maxRetry times and dropped when the last one timed out', async () => {
    const job = new RecordedJob(7, { config: { timeout: 1000, maxRetry: 2 } })
    add(job)
    for (let delivery = 0; delivery < 3; delivery++) {
      expect(offsetsOf(pull().answers[0])).toEqual([7])
      expect(job.outcomes).toEqual([])
      await clock.advance(1000)
    }
    expect(job.outcomes).toEqual([
      { kind: 'dropped', reason: 'timeoutRetriesExhausted', attempts: 3, lastResponse: '' },
    ])
  })

  test('a late confirmation counts as long as the message was not handed out again', async () => {
    const job = new RecordedJob(7, { config: { timeout: 1000 } })
    add(job)
    pull()
    await clock.advance(1000)
    expect(buffer.ack('orders', 'c_0', 7)).toBe(true)
    expect(pull().answers).toEqual([])
    expect(job.outcomes).toEqual([{ kind: 'consumed' }])
  })

  test('a second confirmation and one of something unknown are passed over', () => {
    add(new RecordedJob(7))
    pull()
    expect(buffer.ack('orders', 'c_0', 7)).toBe(true)
    expect(buffer.ack('orders', 'c_0', 7)).toBe(false)
    expect(buffer.fail('orders', 'c_9', 7)).toBe(false)
    expect(buffer.ack('nowhere', 'c_0', 7)).toBe(false)
  })
})

describe('parked pulls', () => {
  test('P3: a parked pull is served by a new message, a refused one and a timed out one', async () => {
    const config = { timeout: 1000, retryIntervals: [100] }
    const [first, second, third] = [pull(ALL, 60_000), pull(ALL, 60_000), pull(ALL, 60_000)]
    add(new RecordedJob(7, { config }))
    expect(offsetsOf(first?.answers[0])).toEqual([7])
    await clock.advance(1000)
    expect(offsetsOf(second?.answers[0])).toEqual([7])
    buffer.fail('orders', 'c_0', 7)
    await clock.advance(100)
    expect(offsetsOf(third?.answers[0])).toEqual([7])
  })

  test('a pull of one topic is not served with another, and does not stand in the way of others', () => {
    const picky = pull({ ...ALL, topic: 'refunds' }, 60_000)
    const open = pull(ALL, 60_000)
    add(new RecordedJob(1))
    expect(picky.answers).toEqual([])
    expect(offsetsOf(open.answers[0])).toEqual([1])
  })

  test('W2: beyond the limit of a requested topic a pull is answered empty at once', () => {
    const parked = [pull(), pull(), pull()]
    expect(pull().answers).toEqual([undefined])
    expect(parked.map(({ answers }) => answers)).toEqual([[], [], []])
    expect(pull({ ...ALL, topic: 'orders' }).answers).toEqual([])
  })

  test('an unanswered pull is answered empty when its linger is over', async () => {
    const parked = pull(ALL, 200)
    await clock.advance(199)
    expect(parked.answers).toEqual([])
    await clock.advance(1)
    expect(parked.answers).toEqual([undefined])
  })

  test('a client that went away gets nothing; what it was given comes next and counts as no delivery', async () => {
    const job = new RecordedJob(7, { config: { timeout: 1000, maxRetry: 0 } })
    const gone = pull(ALL, 60_000)
    gone.cancel()
    add(job, new RecordedJob(8))
    expect(gone.answers).toEqual([])
    const lost = pull({ ...ALL, maxMessages: 1 })
    expect(offsetsOf(lost.answers[0])).toEqual([7])
    lost.cancel()
    expect(offsetsOf(pull({ ...ALL, maxMessages: 1 }).answers[0])).toEqual([7])
    await clock.advance(1000)
    expect(job.outcomes).toEqual([expect.objectContaining({ kind: 'dropped', attempts: 1 })])
  })
})

describe('a partition that is handed over', () => {
  test('delivers nothing more but still takes results', async () => {
    const held = new RecordedJob(0, { config: { maxPullBatchSize: 1, timeout: 1000 } })
    add(held, new RecordedJob(1))
    pull()
    buffer.closeQueue('orders', 'c_0')
    expect(pull().answers).toEqual([])
    expect(buffer.outstandingOf('orders', 'c_0')).toBe(1)
    expect(buffer.ack('orders', 'c_0', 0)).toBe(true)
    expect(held.outcomes).toEqual([{ kind: 'consumed' }])
  })
})

test('a queue that is handed over lets go of what waits for its next try', () => {
  const queue = new PullQueue('orders', 'c_0')
  queue.add(new RecordedJob(0))
  const [entry] = queue.take({ maxMessages: 1, maxBytes: 1 }, 0)
  if (entry === undefined) throw new Error('nothing was taken')
  queue.settle(0)
  queue.addLater(entry, 3_600_000)
  expect(queue.nextDueMs).toBe(3_600_000)

  queue.close()

  expect(queue.nextDueMs).toBe(Infinity)
})
