import { BudgetShare, ByteBudget, TokenBucket } from '@ddmq/common/async'
import { FakeClock } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { PartitionLane } from '../../src/app/partition-lane.ts'
import { TopicIntake } from '../../src/app/topic-intake.ts'
import type { Job } from '../../src/core/job.ts'
import { subscriptionOf } from '../core/fake-job.ts'

const RECORDS = 100
const BODY_BYTES = 1000

/** A lane with permits for `concurrency` messages that read one block of 100 records. */
function laneWithBlock(concurrency: number): { jobs: Job[]; block: Buffer } {
  const clock = new FakeClock()
  const jobs: Job[] = []
  const limits = { rate: new TokenBucket(1e6, clock), budget: new BudgetShare(new ByteBudget(1e9)) }
  const route = {
    subscription: subscriptionOf({ concurrency }),
    chain: { run: (job: Job) => void jobs.push(job) },
  }
  const intake = new TopicIntake(route, clock, limits, () => undefined)
  const lane = new PartitionLane(
    { topic: 'orders', partition: '0', qid: 'c_0', offset: 0 },
    {
      intake,
      events: {
        started: () => undefined,
        finished: () => undefined,
        storeDeadLetter: () => Promise.resolve(),
      },
    },
  )
  intake.lanes.add(lane)
  const block = Buffer.allocUnsafeSlow(RECORDS * BODY_BYTES).fill(7)
  lane.offer({
    topic: 'orders',
    partition: '0',
    records: Array.from({ length: RECORDS }, (_, offset) => ({
      offset,
      key: null,
      value: block.subarray(offset * BODY_BYTES, (offset + 1) * BODY_BYTES),
      headers: [],
      timestampMs: 0,
    })),
    nextOffset: RECORDS,
    endOffset: RECORDS,
    epoch: 1,
  })
  return { jobs, block }
}

const isIn = (block: Buffer, job: Job | undefined): boolean => job?.record.value?.buffer === block.buffer

test('records of a block lie in it while much of it is needed, and the last ones move out, unchanged', () => {
  const { jobs, block } = laneWithBlock(1000)
  const [slow, ...others] = jobs

  const half = others.slice(0, RECORDS / 2)
  for (const job of half) job.finish({ kind: 'consumed' })
  const atHalf = isIn(block, slow)
  for (const job of others) job.finish({ kind: 'consumed' })

  expect(jobs).toHaveLength(RECORDS)
  expect(atHalf).toBe(true)
  expect(isIn(block, slow)).toBe(false)
  expect(slow?.record).toMatchObject({ offset: 0, value: Buffer.alloc(BODY_BYTES, 7) })
})

test('nothing moves out of a block while records of it wait for their turn: they need it anyway', async () => {
  const { jobs, block } = laneWithBlock(2)
  const [slow] = jobs

  jobs[1]?.finish({ kind: 'consumed' })
  await Promise.resolve()
  const whileOthersWait = isIn(block, slow)
  for (let index = 2; index < RECORDS; index++) {
    jobs[index]?.finish({ kind: 'consumed' })
    await Promise.resolve()
  }

  expect(whileOthersWait).toBe(true)
  expect(jobs).toHaveLength(RECORDS)
  expect(isIn(block, slow)).toBe(false)
})
