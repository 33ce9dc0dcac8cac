import { FakeClock } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PullBuffer } from '../../src/core/pull-buffer.ts'
import type { PullBatch } from '../../src/core/pull-queue.ts'
import { RecordedJob } from './fake-job.ts'

const CONFIG = { timeout: 1000, maxRetry: 2, retryIntervals: [100, 300], maxPullBatchSize: 3 }

interface Client {
  readonly cancel: () => void
}

/** A buffer with clients that do anything in any order; remembers who was given what since it was last reported or timed out. */
class Scene {
  readonly clock = new FakeClock()
  readonly jobs: RecordedJob[] = []
  readonly buffer = new PullBuffer(this.clock, 100, {
    delivered: batch => this.#delivered(batch),
    redelivered: entry => this.#held.delete(entry.offset),
  })
  readonly withTwoClients: number[] = []
  readonly #held = new Set<number>()
  readonly #clients: Client[] = []

  add(qid: number, count: number): void {
    for (let index = 0; index < count; index++) {
      const job = new RecordedJob(this.jobs.length, { config: CONFIG, qid: `c_${qid}` })
      this.jobs.push(job)
      this.buffer.add(job)
    }
    this.buffer.wake()
  }

  pull(maxMessages: number): void {
    let given: PullBatch | undefined
    const cancel = this.buffer.pull({ topic: undefined, maxMessages, maxBytes: 1e9 }, 700, batch => {
      given = batch
    })
    this.#clients.push({
      cancel: () => {
        for (const entry of given?.entries ?? []) this.#held.delete(entry.offset)
        cancel()
      },
    })
  }

  report(how: 'ack' | 'fail', pick: number): void {
    const job = this.jobs[pick % this.jobs.length]
    if (job === undefined) return
    const { topic, qid, record } = job
    if (this.buffer[how](topic, qid, record.offset)) this.#held.delete(record.offset)
  }

  disconnect(pick: number): void {
    if (this.#clients.length > 0) this.#clients.splice(pick % this.#clients.length, 1)[0]?.cancel()
  }

  /** Whoever pulls and confirms long enough sees every unfinished message. */
  async drain(): Promise<void> {
    await this.clock.advance(10_000)
    for (let round = 0; round < 400 && this.jobs.some(job => job.outcomes.length === 0); round++) {
      this.buffer.pull({ topic: undefined, maxMessages: 3, maxBytes: 1e9 }, 20, batch => {
        for (const { offset } of batch?.entries ?? []) this.buffer.ack('orders', batch?.qid ?? '', offset)
      })
      this.#held.clear()
      await this.clock.advance(50)
    }
  }

  #delivered(batch: PullBatch): void {
    for (const { offset } of batch.entries) {
      if (this.#held.has(offset)) this.withTwoClients.push(offset)
      this.#held.add(offset)
    }
  }
}

type Step = (scene: Scene) => void | Promise<void>
const count = fc.integer({ min: 1, max: 5 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.nat({ max: 2 }), count).map(
    ([qid, added]) =>
      (scene: Scene) =>
        scene.add(qid, added),
  ),
  fc.nat({ max: 4 }).map(most => (scene: Scene) => scene.pull(most)),
  fc.nat().map(pick => (scene: Scene) => scene.report('ack', pick)),
  fc.nat().map(pick => (scene: Scene) => scene.report('fail', pick)),
  fc.nat().map(pick => (scene: Scene) => scene.disconnect(pick)),
  fc.nat({ max: 1500 }).map(ms => (scene: Scene) => scene.clock.advance(ms)),
)

test('P2, P4: no message is with two clients, none is lost, none is finished twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
      const scene = new Scene()
      for (const act of steps) await act(scene)
      expect(scene.withTwoClients).toEqual([])
      expect(scene.jobs.filter(job => job.outcomes.length > 1)).toEqual([])
      await scene.drain()
      expect(scene.jobs.filter(job => job.outcomes.length !== 1)).toEqual([])
    }),
    { numRuns: 60 },
  )
})
