import { FakeClock } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PullBuffer } from '../../src/core/pull-buffer.ts'
import type { PullBatch } from '../../src/core/pull-queue.ts'
import { RecordedJob } from './fake-job.ts'

const action = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    qid: fc.nat({ max: 2 }),
    count: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ kind: fc.constant('pull' as const), most: fc.nat({ max: 4 }) }),
  fc.record({ kind: fc.constant('ack' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('fail' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('disconnect' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('advance' as const), ms: fc.nat({ max: 1500 }) }),
)

const CONFIG = { timeout: 1000, maxRetry: 2, retryIntervals: [100, 300], maxPullBatchSize: 3 }

test('P2–P4: no message is with two clients, none is lost, none is finished twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async actions => {
      const clock = new FakeClock()
      const buffer = new PullBuffer(clock, 100, { delivered: () => undefined, redelivered: () => undefined })
      const jobs: RecordedJob[] = []
      const pulls: { batch?: PullBatch; waiting: boolean; cancel: () => void }[] = []
      let parked = 0
      for (const step of actions) {
        if (step.kind === 'add') {
          for (let index = 0; index < step.count; index++) {
            const job = new RecordedJob(jobs.length, { config: CONFIG, qid: `c_${step.qid}` })
            jobs.push(job)
            buffer.add(job)
          }
          buffer.wake()
        } else if (step.kind === 'pull') {
          const state: (typeof pulls)[number] = { waiting: true, cancel: () => undefined }
          const wanted = { topic: undefined, maxMessages: step.most, maxBytes: 1e9 }
          state.cancel = buffer.pull(wanted, 700, batch => {
            state.waiting = false
            if (batch !== undefined) state.batch = batch
          })
          pulls.push(state)
        } else if (step.kind === 'advance') {
          await clock.advance(step.ms)
        } else if (step.kind === 'disconnect' && pulls.length > 0) {
          pulls.splice(step.pick % pulls.length, 1)[0]?.cancel()
        } else if ((step.kind === 'ack' || step.kind === 'fail') && jobs.length > 0) {
          const job = jobs[step.pick % jobs.length]!
          buffer[step.kind](job.topic, job.qid, job.record.offset)
        }
        parked = buffer.parkedCount
        expect(jobs.every(job => job.outcomes.length <= 1)).toBe(true)
      }
      expect(parked).toBeLessThanOrEqual(100)
      // Drain: whoever pulls and confirms long enough sees every unfinished message.
      await clock.advance(10_000)
      for (let round = 0; round < 400 && jobs.some(job => job.outcomes.length === 0); round++) {
        buffer.pull({ topic: undefined, maxMessages: 3, maxBytes: 1e9 }, 20, batch => {
          for (const entry of batch?.entries ?? []) buffer.ack(batch!.topic, batch!.qid, entry.offset)
        })
        await clock.advance(50)
      }
      expect(jobs.filter(job => job.outcomes.length !== 1)).toEqual([])
    }),
    { numRuns: 60 },
  )
})
