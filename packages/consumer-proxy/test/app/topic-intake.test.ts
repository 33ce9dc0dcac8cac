import { BudgetShare, ByteBudget, TokenBucket } from '@ddmq/common/async'
import { FakeClock } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { TopicIntake } from '../../src/app/topic-intake.ts'
import { subscriptionOf } from '../core/fake-job.ts'

test('CP-36 the long-run rate is the share of totalMaxTps that the held partitions have', async () => {
  const clock = new FakeClock()
  const subscription = subscriptionOf({ totalMaxTps: 1000, concurrency: 1_000_000 })
  const chain = { run: () => undefined }
  const intake = new TopicIntake(
    { subscription, chain },
    clock,
    { rate: new TokenBucket(1000, clock), budget: new BudgetShare(new ByteBudget(1)) },
    () => undefined,
  )
  intake.setShare(1 / 4)
  while (intake.tryAdmit()) {
    // The burst of the first second.
  }
  let admitted = 0
  for (let ms = 0; ms < 20_000; ms += 100) {
    await clock.advance(100)
    while (intake.tryAdmit()) admitted += 1
  }
  expect(admitted).toBeLessThanOrEqual(5000)
  expect(admitted).toBeGreaterThan(4900)
})
