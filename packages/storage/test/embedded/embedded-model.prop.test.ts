import type { Append, LogRecord } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { FakeClock } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openCluster } from './open-cluster.ts'

const CALL = { deadlineMs: 10_000 }
const RETENTION_MS = 5000
const TOMBSTONE_RETENTION_MS = 3000
const PARTITIONS = ['0', '1'] as const

interface ModelRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly appendedMs: number
}

/** What the engine must answer, in memory: one plain and one compacted topic, and one group. */
class Model {
  readonly logs = new Map<string, ModelRecord[]>()
  readonly ends = new Map<string, number>()
  readonly committed = new Map<string, number>()

  append(name: string, records: readonly LogRecord[], nowMs: number): number {
    const baseOffset = this.ends.get(name) ?? 0
    for (const [index, { key, value }] of records.entries()) {
      const entry = { offset: baseOffset + index, key: text(key), value: text(value), appendedMs: nowMs }
      const log = this.logs.get(name) ?? []
      const kept = name.startsWith('table') ? log.filter(other => other.key !== entry.key) : log
      this.logs.set(name, [...kept, entry])
    }
    this.ends.set(name, baseOffset + records.length)
    return baseOffset
  }

  dropDueTombstones(nowMs: number): void {
    for (const [name, log] of this.logs) {
      if (!name.startsWith('table')) continue
      const isDue = (entry: ModelRecord): boolean =>
        entry.value === null && entry.appendedMs < nowMs - TOMBSTONE_RETENTION_MS
      this.logs.set(
        name,
        log.filter(entry => !isDue(entry)),
      )
    }
  }
}

type Step =
  | {
      readonly kind: 'append'
      readonly appends: readonly { topic: string; partition: string; records: readonly LogRecord[] }[]
      readonly together: boolean
    }
  | { readonly kind: 'commit'; readonly partition: string; readonly offset: number }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'retention'; readonly afterMs: number }

const bytes = (maxLength: number) => fc.string({ maxLength }).map(value => Buffer.from(value))
const record: fc.Arbitrary<LogRecord> = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd').map(key => Buffer.from(key)),
  value: fc.option(bytes(50), { freq: 3 }),
  headers: fc.constant([]),
  timestampMs: fc.constant(1),
})
const oneAppend = fc.record({
  topic: fc.constantFrom('plain', 'table'),
  partition: fc.constantFrom(...PARTITIONS),
  records: fc.array(record, { minLength: 1, maxLength: 5 }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      appends: fc.array(oneAppend, { minLength: 1, maxLength: 4 }),
      together: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      partition: fc.constantFrom(...PARTITIONS),
      offset: fc.nat(50),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('retention' as const),
      afterMs: fc.integer({ min: 1, max: 8000 }),
    }),
  },
)

// oxlint-disable-next-line vitest/expect-expect -- the property holds the assertions
test('E2–E9: answers every read as the model does, over appends, transactions, commits, retention and reopens', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.boolean(),
      fc.boolean(),
      async (steps, cached, isOwn) => {
        const clock = new FakeClock()
        const settings = {
          clock,
          tailCacheBytes: cached ? 1_000_000 : 0,
          // What the topic says itself goes before what the engine is told.
          tombstoneRetentionMs: isOwn ? 1 : TOMBSTONE_RETENTION_MS,
        }
        await using opened = await openCluster(settings)
        const model = new Model()
        await opened.cluster.admin.createTopic({ topic: 'plain', partitions: 2, retentionMs: RETENTION_MS })
        const own = isOwn ? { tombstoneRetentionMs: TOMBSTONE_RETENTION_MS } : {}
        await opened.cluster.admin.createTopic({ topic: 'table', partitions: 2, compacted: true, ...own })

        for (const next of steps) {
          if (next.kind === 'append') await applyAppend(opened.cluster, model, next, clock.nowMs())
          if (next.kind === 'commit') {
            const at = { topic: 'plain', partition: next.partition, offset: next.offset, metadata: 'm' }
            await opened.cluster.admin.setCommitted('group', [at])
            model.committed.set(next.partition, next.offset)
          }
          if (next.kind === 'reopen') await opened.reopen()
          if (next.kind === 'retention') {
            await clock.advance(next.afterMs)
            await opened.cluster.enforceRetention()
            model.dropDueTombstones(clock.nowMs())
          }
          await compare(opened.cluster, model, clock.nowMs())
        }
        expect(await opened.cluster.admin.listTopics()).toEqual(['plain', 'table'])
      },
    ),
    { numRuns: 40 },
  )
})

async function applyAppend(
  cluster: EmbeddedCluster,
  model: Model,
  next: Extract<Step, { kind: 'append' }>,
  nowMs: number,
): Promise<void> {
  const expected = next.appends.map(({ topic, partition, records }) =>
    model.append(`${topic}/${partition}`, records, nowMs),
  )
  const baseOffsets = next.together
    ? await transact(cluster, next.appends)
    : await append(cluster, next.appends)
  expect(baseOffsets).toEqual(expected)
}

async function transact(cluster: EmbeddedCluster, appends: readonly Append[]): Promise<readonly number[]> {
  const transactor = await cluster.transactor('model')
  return transactor.commit(appends, CALL)
}

async function append(cluster: EmbeddedCluster, appends: readonly Append[]): Promise<readonly number[]> {
  const outcomes = await cluster.append(appends, CALL)
  return outcomes.map(outcome => ('error' in outcome ? -1 : outcome.baseOffset))
}

async function compare(cluster: EmbeddedCluster, model: Model, nowMs: number): Promise<void> {
  const committed = await cluster.admin.committed('group')
  expect(new Map(committed.map(({ partition, offset }) => [partition, offset]))).toEqual(model.committed)
  for (const topic of ['plain', 'table']) {
    for (const partition of PARTITIONS) await compareLog(cluster, model, { topic, partition, nowMs })
  }
}

async function compareLog(
  cluster: EmbeddedCluster,
  model: Model,
  { topic, partition, nowMs }: { topic: string; partition: string; nowMs: number },
): Promise<void> {
  const name = `${topic}/${partition}`
  const { startOffset, endOffset } = await cluster.identity(topic, partition)
  const all = model.logs.get(name) ?? []
  expect(endOffset).toBe(model.ends.get(name) ?? 0)
  // Retention may delete nothing that is young enough; what is older may stay until the next pass.
  expect(all.filter(entry => entry.offset < startOffset && entry.appendedMs >= nowMs - RETENTION_MS)).toEqual(
    [],
  )
  const held = all.filter(({ offset }) => offset >= startOffset)
  const middle = Math.floor((startOffset + endOffset) / 2)
  for (const from of [startOffset, middle]) {
    expect(await readFrom(cluster, topic, partition, { from, endOffset })).toEqual(
      held.filter(({ offset }) => offset >= from).map(({ offset, key, value }) => [offset, key, value]),
    )
  }
}

async function readFrom(
  cluster: EmbeddedCluster,
  topic: string,
  partition: string,
  { from, endOffset }: { from: number; endOffset: number },
) {
  const found: (readonly [number, string | null, string | null])[] = []
  let offset = from
  while (offset < endOffset) {
    const [result] = await cluster.read([{ topic, partition, offset }], { maxBytes: 120, maxWaitMs: 0 }, CALL)
    expect(result?.error).toBeUndefined()
    for (const { offset: at, key, value } of result?.records ?? []) found.push([at, text(key), text(value)])
    expect(result?.nextOffset).toBeGreaterThan(offset)
    offset = result?.nextOffset ?? endOffset
  }
  return found
}

function text(value: Uint8Array | null): string | null {
  return value === null ? null : Buffer.from(value).toString()
}
