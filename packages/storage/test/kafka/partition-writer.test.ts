import { FakeClock } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { AppendCall } from '../../src/append-call.ts'
import { DeadlineWatch } from '../../src/deadline-watch.ts'
import { StorageError } from '../../src/errors.ts'
import { AppendJob } from '../../src/kafka/append-job.ts'
import { PartitionWriter } from '../../src/kafka/partition-writer.ts'
import { recordSize } from '../../src/kafka/record-batch.ts'
import type { AppendOutcome } from '../../src/port/cluster.ts'

const NOT_LEADER_OR_FOLLOWER = 6
const REQUEST_TIMED_OUT = 7
const NOT_ENOUGH_REPLICAS = 19
const PRODUCER = { producerId: 5n, epoch: 0 }
const watch = new DeadlineWatch(new FakeClock())

/** A writer, and appends of one record each with what becomes of them. */
function scene() {
  const renewed: bigint[] = []
  const writer = new PartitionWriter('t', 0, 'none', spent => renewed.push(spent))
  const add = (value: string, dueMs = Infinity) => {
    const state: { outcome: AppendOutcome | undefined } = { outcome: undefined }
    const call = new AppendCall(1, dueMs, watch, ([outcome]) => {
      state.outcome = outcome
    })
    const record = { key: null, value: Buffer.from(value), headers: [], timestampMs: 0 }
    const job = new AppendJob({ call, index: 0, release: () => undefined }, [record], recordSize(record))
    call.add(job)
    writer.add(job)
    return { state, job }
  }
  /** The bytes of the next request. */
  const send = () => {
    const batch = writer.next(PRODUCER)
    writer.sending()
    return batch?.bytes
  }
  return { writer, add, send, renewed }
}

test('W1 a leader that lost the partition may have appended: the very batch is sent again, and what expires is unknown', () => {
  const { writer, add, send } = scene()
  const first = add('a')
  const before = send()
  add('b')

  expect(writer.answered(NOT_LEADER_OR_FOLLOWER, -1, null)).toBe('again')
  first.job.expire()

  expect(first.state.outcome).toMatchObject({ error: { kind: 'outcomeUnknown' } })
  add('c')
  // Given up (W3): the next batch has the next epoch, so that a late one of before is refused.
  expect(send()?.readInt16BE(51)).toBe(before === undefined ? -1 : before.readInt16BE(51) + 1)
})

test('W1 a batch without an answer is sent again byte for byte while somebody waits for it', () => {
  const { writer, add, send } = scene()
  add('a')
  const before = send()
  add('b')
  writer.answered(REQUEST_TIMED_OUT, -1, null)

  expect(send()).toEqual(before)
})

test('what has expired is let go of while the leader cannot be reached', () => {
  const { writer, add } = scene()
  const jobs = Array.from({ length: 3 }, (_, index) => add(`${index}`).job)
  for (const job of jobs) job.expire()
  writer.unsent()

  expect(writer.hasWork).toBe(false)
})

test('a batch that may be stored is never told as refused when the topic is said to be gone', () => {
  const { writer, add, send } = scene()
  const underWay = add('a')
  send()
  const waiting = add('b')
  writer.unanswered()
  writer.failAll(new StorageError('unknownTopic', 'gone'))

  expect(underWay.state.outcome).toMatchObject({ error: { kind: 'outcomeUnknown' } })
  expect(waiting.state.outcome).toMatchObject({ error: { kind: 'unknownTopic' } })
})

test('W4 what a leader refuses is told so when there is no time for another attempt, and is kept for it when there is', () => {
  const { writer, add, send } = scene()
  const [soon, later] = [add('a', 100), add('b', 200)]
  const before = send()
  writer.answered(NOT_ENOUGH_REPLICAS, -1, 'two of three')
  writer.pauseUntil(150)
  const [late, early] = [add('c', 120), add('d', 160)]

  const refused = { error: { kind: 'unavailable', message: expect.stringContaining('NOT_ENOUGH_REPLICAS') } }
  expect([soon, later, late, early].map(({ state }) => state.outcome)).toMatchObject([
    refused,
    undefined,
    refused,
    undefined,
  ])
  // The two that are left.
  expect(send()?.readInt32BE(57)).toBe(2)
  expect(before?.readInt32BE(57)).toBe(2)
})

test('W4 a batch that may be stored is not told as refused, nor what waits behind it', () => {
  const { writer, add, send } = scene()
  const underWay = add('a', 100)
  send()
  const waiting = add('b', 100)
  writer.unanswered()
  send()
  writer.answered(NOT_ENOUGH_REPLICAS, -1, null)
  writer.pauseUntil(150)

  expect([underWay.state.outcome, waiting.state.outcome]).toEqual([undefined, undefined])
})

test('W3 a partition that used up the epochs of a producer id waits for another id', () => {
  const { writer, add, send, renewed } = scene()
  for (let round = 0; renewed.length === 0 && round < 40_000; round++) {
    const { job } = add('a')
    send()
    writer.unanswered()
    job.expire()
    writer.next(PRODUCER)
  }
  add('b')

  expect(renewed).toEqual([PRODUCER.producerId])
  expect(writer.next(PRODUCER)).toBeUndefined()
  expect(writer.next({ producerId: 6n, epoch: 0 })?.bytes.readBigInt64BE(43)).toBe(6n)
})
