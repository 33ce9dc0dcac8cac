import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ByteBudget } from '@ddmq/common/async'
import {
  type Append,
  AppendBatcher,
  type AppendOutcome,
  type CallOptions,
  type LogRecord,
  StorageError,
} from '@ddmq/storage'
import { FakeClock } from '@ddmq/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const DEADLINE_MS = 1000

/** A cluster whose batches return when the test says, in memory; lanes by the first letter of the topic. */
class SteppedCluster {
  readonly clusterName = 'stepped'
  readonly logs = new Map<string, string[]>()
  readonly open: { readonly lane: string; finish: (fails: boolean) => void }[] = []
  mostOpenPerLane = 0
  /** Appends of a partition that was in the same batch already. */
  splitPartitions = 0

  appendLane(topic: string): string {
    return topic.slice(0, 1)
  }

  append(appends: readonly Append[], _options: CallOptions): Promise<readonly AppendOutcome[]> {
    const lane = this.appendLane(appends[0]?.topic ?? '')
    const partitions = new Set(appends.map(each => `${each.topic}/${each.partition}`))
    this.splitPartitions += appends.length - partitions.size
    return new Promise(resolve => {
      this.open.push({ lane, finish: fails => resolve(appends.map(each => this.#store(each, fails))) })
      const openInLane = this.open.filter(batch => batch.lane === lane).length
      this.mostOpenPerLane = Math.max(this.mostOpenPerLane, openInLane)
    })
  }

  #store({ topic, partition, records }: Append, fails: boolean): AppendOutcome {
    if (fails) return { error: new StorageError('retriable', 'as the test wants') }
    const name = `${topic}/${partition}`
    const log = this.logs.get(name) ?? []
    this.logs.set(name, log)
    const baseOffset = log.length
    for (const { value } of records) log.push(Buffer.from(value ?? []).toString())
    return { baseOffset }
  }
}

type Step =
  | { readonly kind: 'append'; readonly topic: string; readonly partition: string; readonly bytes: number }
  | { readonly kind: 'finish'; readonly fails: boolean }
  | { readonly kind: 'wait'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      topic: fc.constantFrom('a1', 'a2', 'b1'),
      partition: fc.constantFrom('0', '1'),
      bytes: fc.integer({ min: 0, max: 300 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('finish' as const), fails: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }),
  },
)

interface Call {
  readonly id: string
  readonly log: string
  readonly calledMs: number
  answer: { readonly offset?: number; readonly kind?: string; readonly atMs: number } | undefined
}

function createBatcher(cluster: SteppedCluster, clock: FakeClock, budget: ByteBudget): AppendBatcher {
  return new AppendBatcher({ cluster, clock, budget, maxBatchBytes: 2000, maxBatchRecords: 5 })
}

function start(
  batcher: AppendBatcher,
  clock: FakeClock,
  append: Extract<Step, { kind: 'append' }>,
  id: string,
): Call {
  const value = Buffer.from(id.padEnd(append.bytes + 8, '.'))
  const call: Call = {
    id: value.toString(),
    log: `${append.topic}/${append.partition}`,
    calledMs: clock.monotonicMs(),
    answer: undefined,
  }
  const record = { key: null, value, headers: [], timestampMs: 0 }
  batcher.append(append.topic, append.partition, record, { deadlineMs: DEADLINE_MS }).then(
    offset => (call.answer = { offset, atMs: clock.monotonicMs() }),
    (error: StorageError) => (call.answer = { kind: error.kind, atMs: clock.monotonicMs() }),
  )
  return call
}

function textRecord(value: string): LogRecord {
  return { key: null, value: Buffer.from(value), headers: [], timestampMs: 0 }
}

describe('AppendBatcher', () => {
  test('A1 A2 A3 A4: answers, stores and bounds as the model says, whatever happens when', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
        const [cluster, clock, budget] = [new SteppedCluster(), new FakeClock(), new ByteBudget(3000)]
        const batcher = createBatcher(cluster, clock, budget)
        const calls: Call[] = []

        for (const [index, next] of steps.entries()) {
          if (next.kind === 'append') calls.push(start(batcher, clock, next, `${index}`))
          if (next.kind === 'finish') cluster.open.shift()?.finish(next.fails)
          await clock.advance(next.kind === 'wait' ? next.ms : 0)
        }
        const stopping = batcher.stop(new AbortController().signal)
        while (cluster.open.length > 0) {
          cluster.open.shift()?.finish(false)
          await clock.advance(0)
        }
        await stopping

        expect(cluster.mostOpenPerLane).toBeLessThanOrEqual(1)
        expect(cluster.splitPartitions).toBe(0)
        expect(budget.usedBytes).toBe(0)
        for (const call of calls) checkAnswer(call, cluster)
        for (const [name, log] of cluster.logs) {
          const called = calls.filter(call => call.log === name).map(({ id }) => id)
          expect(log).toEqual(called.filter(id => log.includes(id)))
        }
      }),
      { numRuns: 150 },
    )
  })

  test('A4: refuses with overload when the budget is used up, and takes again when bytes came back', async () => {
    const [cluster, clock, budget] = [new SteppedCluster(), new FakeClock(), new ByteBudget(500)]
    const batcher = createBatcher(cluster, clock, budget)
    const append = { kind: 'append', topic: 'a1', partition: '0', bytes: 600 } as const

    const first = start(batcher, clock, append, 'first')
    const second = start(batcher, clock, append, 'second')
    await clock.advance(0)
    cluster.open.shift()?.finish(false)
    await clock.advance(0)
    const third = start(batcher, clock, append, 'third')
    await clock.advance(0)
    cluster.open.shift()?.finish(false)
    await clock.advance(0)

    expect([first.answer?.offset, second.answer?.kind, third.answer?.offset]).toEqual([0, 'overload', 1])
  })

  test('A3: withdraws at the deadline what is in no batch, and cannot tell of what is', async () => {
    const [cluster, clock, budget] = [new SteppedCluster(), new FakeClock(), new ByteBudget(10_000)]
    const batcher = createBatcher(cluster, clock, budget)
    const append = { kind: 'append', topic: 'a1', partition: '0', bytes: 1 } as const

    const sent = start(batcher, clock, append, 'sent')
    await clock.advance(0)
    const queued = start(batcher, clock, append, 'queued')
    await clock.advance(DEADLINE_MS)
    cluster.open.shift()?.finish(false)
    await clock.advance(0)

    expect([sent.answer?.kind, queued.answer?.kind]).toEqual(['outcomeUnknown', 'retriable'])
    expect(cluster.logs.get('a1/0')).toEqual([sent.id])
    expect(cluster.open).toEqual([])
    expect(budget.usedBytes).toBe(0)
  })

  test('A4: lets go of a record when it is answered, also while the queue never runs empty', async () => {
    const [cluster, clock] = [new SteppedCluster(), new FakeClock()]
    const budget = new ByteBudget(10_000_000)
    const batcher = new AppendBatcher({ cluster, clock, budget, maxBatchBytes: 1 })
    const values: WeakRef<Buffer>[] = []
    const append = (): void => {
      const value = Buffer.alloc(100_000)
      values.push(new WeakRef(value))
      const record = { key: null, value, headers: [], timestampMs: 0 }
      batcher.append('a1', '0', record, { deadlineMs: DEADLINE_MS }).catch(() => undefined)
    }
    append()
    append()

    for (let sent = 0; sent < 20; sent++) {
      append()
      await clock.advance(0)
      cluster.open.shift()?.finish(false)
    }
    await clock.advance(0)
    collectGarbage()

    expect(values.filter(value => value.deref() !== undefined).length).toBeLessThan(6)
  })

  test('A5: refuses after stop, and answers what is left when the stop is out of time', async () => {
    const [cluster, clock, budget] = [new SteppedCluster(), new FakeClock(), new ByteBudget(10_000)]
    const batcher = createBatcher(cluster, clock, budget)
    const append = { kind: 'append', topic: 'a1', partition: '0', bytes: 1 } as const
    const sent = start(batcher, clock, append, 'sent')
    await clock.advance(0)
    const queued = start(batcher, clock, append, 'queued')
    const deadline = new AbortController()

    const stopping = batcher.stop(deadline.signal)
    const late = start(batcher, clock, append, 'late')
    deadline.abort()
    await stopping
    await clock.advance(0)

    expect([sent, queued, late].map(({ answer }) => answer?.kind)).toEqual([
      'outcomeUnknown',
      'retriable',
      'unavailable',
    ])
  })

  test('A1: a lane sends again after a listener threw', async () => {
    const [cluster, clock, budget] = [new SteppedCluster(), new FakeClock(), new ByteBudget(10_000)]
    const batcher = createBatcher(cluster, clock, budget)
    const thrown = new Error('a listener must not')
    const listener = {
      appended: () => undefined,
      notAppended: () => {
        throw thrown
      },
    }
    const append = cluster.append.bind(cluster)
    cluster.append = () => Promise.reject(new StorageError('retriable', 'as the test wants'))
    batcher.submit({ topic: 'a1', partition: '0', record: textRecord('1') }, DEADLINE_MS, listener)
    // Somebody waits for the lane: what it rejects with is not unhandled.
    await expect(batcher.stop(new AbortController().signal)).rejects.toBe(thrown)

    cluster.append = append
    await batcher.start()
    const next = batcher.append('a1', '0', textRecord('2'), { deadlineMs: DEADLINE_MS })
    await clock.advance(0)
    cluster.open.shift()?.finish(false)
    await clock.advance(0)
    await clock.advance(DEADLINE_MS)

    expect(await next).toBe(0)
    expect(budget.usedBytes).toBe(0)
  })

  test('A2: keeps the order of a partition whose lane changes while its calls wait', async () => {
    const cluster = new SteppedCluster()
    const clock = new FakeClock()
    const batcher = createBatcher(cluster, clock, new ByteBudget(1_000_000))
    let lane = 'before'
    cluster.appendLane = () => lane
    const send = (value: string): Promise<number> =>
      batcher.append('a1', '0', textRecord(value), { deadlineMs: DEADLINE_MS })
    const calls = [send('1')]
    await clock.advance(0)
    calls.push(send('2'))
    lane = 'after'
    calls.push(send('3'))
    await clock.advance(0)

    expect(cluster.open).toHaveLength(1)
    while (cluster.open.length > 0) {
      cluster.open.shift()?.finish(false)
      await clock.advance(0)
    }

    expect(await Promise.all(calls)).toEqual([0, 1, 2])
    expect(cluster.logs.get('a1/0')).toEqual(['1', '2', '3'])
  })

  test('ends a batch before the record that would make an append of one partition too large', async () => {
    const cluster = new SteppedCluster()
    const clock = new FakeClock()
    const limited = Object.assign(cluster, { maxAppendBytes: () => 300 })
    const batcher = createBatcher(limited, clock, new ByteBudget(1_000_000))
    const sizes: number[] = []
    const store = cluster.append.bind(cluster)
    cluster.append = (appends, options) => {
      sizes.push(...appends.map(({ records }) => records.length))
      return store(appends, options)
    }

    const calls = ['0', '0', '0', '1'].map((partition, index) =>
      batcher.append('a1', partition, textRecord(`${index}`.padEnd(80)), { deadlineMs: DEADLINE_MS }),
    )
    await clock.advance(0)
    while (cluster.open.length > 0) {
      cluster.open.shift()?.finish(false)
      await clock.advance(0)
    }

    expect(await Promise.all(calls)).toEqual([0, 1, 2, 0])
    expect(sizes).toEqual([2, 1, 1])
  })
})

/** A full collection, so that what is still there is held by somebody. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  if (typeof gc !== 'function') throw new Error('the runtime offers no collection')
  gc()
}

function checkAnswer(call: Call, cluster: SteppedCluster): void {
  const offset = cluster.logs.get(call.log)?.indexOf(call.id) ?? -1
  expect((call.answer?.atMs ?? Number.NaN) - call.calledMs).toBeLessThanOrEqual(DEADLINE_MS)
  // Only an unknown outcome may be stored or not; a success is where it says, a refusal is nowhere.
  const said = call.answer?.kind === 'outcomeUnknown' ? offset : (call.answer?.offset ?? -1)
  expect(said).toBe(offset)
}
