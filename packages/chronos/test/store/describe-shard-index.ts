import {
  DelayIndex,
  type OrderedStore,
  type PendingRound,
  shardPrefix,
  type UnreadableRecord,
} from '@ddmq/chronos/store'
import type { LogRecord } from '@ddmq/storage'
import {
  cancelName,
  cancelRecord,
  firedRecord,
  type MessageName,
  messageKey,
  messageRecord,
  nextRoundRecord,
  progressKey,
  RETRY_WINDOW_MS,
  tombstone,
} from '@ddmq/storage/delay'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IndexRun, positionAt } from './index-run.ts'
import { nameOf, START_MS, START_SECOND, stored } from './table-records.ts'
import { compactedHistory, stepsBetweenChecks } from './table-steps.ts'

const PLENTY = { count: 1000, bytes: 1_000_000 }
const HOUR_MS = 3_600_000

function add(name: MessageName, body = 'hello'): LogRecord {
  const headers = [{ name: 'ddmq-tags', value: Buffer.from('blue') }]
  return messageRecord(name, { body: Buffer.from(body), headers }, START_MS - HOUR_MS)
}

const gone = (key: Buffer): LogRecord => tombstone(key, START_MS)
const namesOf = (rounds: readonly PendingRound[]): readonly MessageName[] => rounds.map(({ name }) => name)

/** What every shard index keeps, whatever store it stands on; `runs`: how many random histories it is put through. */
export function describeShardIndex(makeStore: () => OrderedStore, runs: number): void {
  let nextShard = 0
  const freshPrefix = (): Buffer => shardPrefix('main', `${nextShard++}`)

  async function filled(
    records: readonly LogRecord[],
    onUnreadable?: (record: UnreadableRecord) => void,
  ): Promise<DelayIndex> {
    const index = await DelayIndex.open(makeStore(), freshPrefix(), onUnreadable && { onUnreadable })
    await index.reset(positionAt(0))
    await index.apply(stored(records), positionAt(records.length))
    return index
  }

  const [first, second, third] = [0, 10, 20].map((seconds, digit) =>
    nameOf('later', { digit, timestamp: START_SECOND + seconds }),
  ) as [MessageName, MessageName, MessageName]
  const loop = nameOf('later', { digit: 8, type: 3, times: 3, interval: 10, milliseconds: 250 })

  test('I1: what is pending is a function of the latest record of each key, whatever happened before', async () => {
    await fc.assert(
      fc.asyncProperty(stepsBetweenChecks, async parts => {
        const run = await IndexRun.start(makeStore(), freshPrefix())
        for (const steps of parts) {
          for (const step of steps) await run.take(step)
          expect(await run.answers()).toEqual(run.expected())
        }
      }),
      { numRuns: runs },
    )
  })

  test('I1: a compacted log says what the whole log said', async () => {
    await fc.assert(
      fc.asyncProperty(compactedHistory, async ({ records, compacted }) => {
        const store = makeStore()
        const [whole, rebuilt] = [
          await IndexRun.start(store, freshPrefix()),
          await IndexRun.start(store, freshPrefix()),
        ]
        for (const batch of records) await whole.apply(batch)
        for (const batch of compacted) await rebuilt.apply(batch)
        expect({ ...(await rebuilt.answers()), offset: 0 }).toEqual({ ...(await whole.answers()), offset: 0 })
      }),
      { numRuns: runs },
    )
  })

  test('CH-24 keeps body and headers as they are, and CH-26 whatever the size', async () => {
    const body = Buffer.alloc(3_000_000, 7)
    const content = { body, headers: [{ name: 'ключ', value: Buffer.from([0, 255]) }] }
    const index = await filled([messageRecord(first, content, START_MS - HOUR_MS), add(second, '')])

    const rounds = await index.due(START_MS + 60_000, { count: 10, bytes: 8_000_000 })
    expect(namesOf(rounds)).toEqual([first, second])
    expect(rounds[0]?.content.headers).toEqual(content.headers)
    expect(body.equals(rounds[0]?.content.body ?? Buffer.alloc(0))).toBe(true)
    expect(rounds[1]?.content.body.length).toBe(0)
  })

  test('CH-23 gives a round when its millisecond is reached and not before', async () => {
    const index = await filled([add(loop)])
    expect(await index.nextDueMs()).toBe(START_MS + 250)
    expect(await index.due(START_MS + 249, PLENTY)).toEqual([])
    expect(namesOf(await index.due(START_MS + 250, PLENTY))).toEqual([loop])
  })

  test('gives no more than was asked for, in bytes too, and at least one', async () => {
    const names = Array.from({ length: 100 }, (_, digit) =>
      nameOf('later', { timestamp: START_SECOND + digit, expire: START_SECOND + 172_800 + digit }),
    )
    const index = await filled(names.map(name => add(name, 'x'.repeat(100))))

    expect(namesOf(await index.due(START_MS + HOUR_MS, { count: 70, bytes: 1_000_000 }))).toEqual(
      names.slice(0, 70),
    )
    const few = await index.due(START_MS + HOUR_MS, { count: 70, bytes: 1000 })
    expect(few.length).toBeGreaterThan(1)
    expect(few.length).toBeLessThanOrEqual(10)
    expect(namesOf(await index.due(START_MS + HOUR_MS, { count: 70, bytes: 1 }))).toEqual(names.slice(0, 1))
  })

  test('CH-32 the next round of a loop takes the place of the one before it', async () => {
    const index = await filled([add(loop)])
    const content = { body: Buffer.from('hello'), headers: [] }
    const next = nextRoundRecord(loop, { round: 1, addedMs: START_MS - HOUR_MS, content }, START_MS)
    await index.apply(stored([gone(messageKey(loop)), next]), positionAt(3))

    expect(await index.due(START_MS + HOUR_MS, PLENTY)).toMatchObject([
      { name: loop, round: 1, dueMs: START_MS + 10_250 },
    ])
    expect(index.statistics().topics).toEqual(new Map([['later', { count: 1, bytes: 5 }]]))
  })

  test('CH-20 a repeated add is pending once, and not at all after it was fired', async () => {
    const index = await filled([add(first), add(second)])
    await index.apply(stored([add(first, 'again')]), positionAt(3))
    expect(namesOf(await index.due(START_MS + HOUR_MS, PLENTY))).toEqual([first, second])

    await index.apply(stored([gone(messageKey(first)), firedRecord(first, START_MS)]), positionAt(5))
    await index.apply(stored([add(first)]), positionAt(6))
    expect(namesOf(await index.due(START_MS + HOUR_MS, PLENTY))).toEqual([second])
    expect(await index.litter(START_MS, 10)).toEqual([messageKey(first)])
    await index.apply(stored([gone(messageKey(first))]), positionAt(7))
    expect(await index.litter(START_MS + RETRY_WINDOW_MS, 10)).toEqual([])
    expect(await index.litter(START_MS + RETRY_WINDOW_MS + 1, 10)).toEqual([progressKey(first)])
  })

  test('CH-39 knows a cancel that came before its add, whatever the millisecond', async () => {
    const index = await filled([
      cancelRecord(cancelName(loop), { round: 2, untilMs: START_MS + HOUR_MS }, START_MS),
    ])
    await index.apply(stored([add(loop), add(first)]), positionAt(3))
    expect(await index.cancelled([first, loop])).toEqual(new Map([[loop, 2]]))
    expect(await index.litter(START_MS + 2 * HOUR_MS, 10)).toEqual([])
  })

  test('I8: a topic that is set aside lets the others pass, and takes repeated adds where it stands', async () => {
    const other = nameOf('soon', { digit: 5 })
    const index = await filled([add(first), add(second), add(third), add(other)])
    await index.setAside((await index.due(START_MS + 10_000, PLENTY)).filter(({ name }) => name !== other))

    expect(namesOf(await index.due(START_MS + HOUR_MS, PLENTY))).toEqual([other, third])
    expect(index.asideTopics()).toEqual(new Set(['later']))
    await index.apply(stored([add(first, 'again')]), positionAt(5))
    expect(namesOf(await index.due(START_MS + HOUR_MS, PLENTY))).toEqual([other, third])
    const aside = await index.asideOf('later', START_MS + 10_000, PLENTY)
    expect(aside.map(({ name, content }) => [name, Buffer.from(content.body).toString()])).toEqual([
      [first, 'again'],
      [second, 'hello'],
    ])
    expect(index.statistics().topics.get('later')?.count).toBe(3)
    await index.putBack(aside)
    expect(index.asideTopics()).toEqual(new Set())
    expect(namesOf(await index.due(START_MS + HOUR_MS, PLENTY))).toEqual([first, other, second, third])
  })

  test('setting aside what is no longer pending brings nothing back', async () => {
    const index = await filled([add(first)])
    const rounds = await index.due(START_MS, PLENTY)
    await index.apply(stored([gone(messageKey(first))]), positionAt(2))
    await index.setAside(rounds)
    expect(index.asideTopics()).toEqual(new Set())
    expect(await index.find(first)).toBeUndefined()
  })

  test('CH-53 counts what is pending by topic, and finds its way back after repeated adds', async () => {
    const soon = nameOf('soon', { digit: 6, timestamp: START_SECOND + 7200 })
    const index = await filled([add(first, 'four'), add(second, 'seven'), add(soon)])
    const bytesOfTag = 'ddmq-tags'.length + 2 + 'blue'.length + 4
    expect(index.statistics().topics.get('later')).toEqual({ count: 2, bytes: 9 + 2 * bytesOfTag })

    await index.apply(stored([add(first, 'four')]), positionAt(4))
    expect(index.statistics().topics.get('later')?.count).toBe(3)
    await index.apply(stored([first, second].map(name => gone(messageKey(name)))), positionAt(6))
    await index.nextDueMs()
    await index.apply([], positionAt(7))
    expect(index.statistics().topics).toEqual(new Map([['soon', { count: 1, bytes: 5 + bytesOfTag }]]))
  })

  test('CH-53 tells how many rounds are due in each step of time', async () => {
    const index = await filled([add(first), add(loop), add(second), add(third)])
    const span = { fromMs: START_MS, stepMs: 10_000, steps: 4 }
    expect(await index.histogram(span, 100)).toEqual([2, 1, 1, 0])
    expect(await index.histogram(span, 3)).toEqual([2, 1, 0, 0])
    expect(await index.histogram({ ...span, fromMs: START_MS + 5000 }, 100)).toEqual([1, 1, 0, 0])
  })

  test('CH-51 tells of records that cannot be read, and takes in all others', async () => {
    const unreadable: UnreadableRecord[] = []
    const broken = { ...add(first), key: Buffer.from('m/later/no-id') }
    const outOfRange = { ...add(first), key: messageKey(first.replace('-0-0-', '-0-4294967296-')) }
    const noProgress = { ...add(first), key: progressKey(second) }
    const noSuchRound = nextRoundRecord(
      third,
      { round: 1, addedMs: 0, content: { body: Buffer.alloc(0), headers: [] } },
      0,
    )
    const records = [broken, outOfRange, noProgress, noSuchRound, add(first), add(second), add(third)]
    const index = await filled(records, record => unreadable.push(record))

    expect(unreadable).toEqual([
      { offset: 0, part: 'key' },
      { offset: 1, part: 'key' },
      { offset: 2, part: 'progress' },
      { offset: 3, part: 'progress' },
    ])
    expect(namesOf(await index.due(START_MS + HOUR_MS, PLENTY))).toEqual([first, second, third])
  })

  test('shards of one store know nothing of each other, and a reset empties one of them only', async () => {
    const store = makeStore()
    const prefixes = [shardPrefix('reset', '1'), shardPrefix('reset', '11'), shardPrefix('reset1', '1')]
    const indexes = await Promise.all(prefixes.map(prefix => DelayIndex.open(store, prefix)))
    for (const index of indexes) {
      await index.reset(positionAt(0))
      await index.apply(stored([add(first)]), positionAt(1))
    }
    await indexes[0]?.reset(positionAt(0))

    const again = await Promise.all(prefixes.map(prefix => DelayIndex.open(store, prefix)))
    const pending = await Promise.all(again.map(index => index.due(START_MS, PLENTY)))
    expect(pending.map(({ length }) => length)).toEqual([0, 1, 1])
    expect(again.map(({ position }) => position?.offset)).toEqual([0, 1, 1])
  })

  test('says that it was never filled, and takes nothing before it is reset', async () => {
    const index = await DelayIndex.open(makeStore(), freshPrefix())
    expect(index.position).toBeUndefined()
    expect(index.asideTopics()).toEqual(new Set())
    await expect(index.due(START_MS, PLENTY)).rejects.toMatchObject({ kind: 'invalid' })
  })
}
