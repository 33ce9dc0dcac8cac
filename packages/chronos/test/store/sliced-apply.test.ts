import { DelayIndex, MemoryStore, shardPrefix } from '@ddmq/chronos/store'
import { StorageError } from '@ddmq/storage'
import { type MessageName, messageRecord } from '@ddmq/storage/delay'
import type { WriteBatch } from '@ddmq/storage/rocksdb'
import { expect, test } from 'vitest'
import { positionAt } from './index-run.ts'
import { nameOf, START_MS, START_SECOND, stored } from './table-records.ts'

/** More than one page of a scan and several slices, and not a whole number of either. */
const MESSAGES = 2345
const EVERYTHING = { count: 10_000, bytes: 10_000_000 }
const FOREVER_MS = START_MS * 2
const PREFIX = shardPrefix('main', '0')

/** Takes so many writes more, then none. */
class BrokenOffStore extends MemoryStore {
  writesLeft = Number.POSITIVE_INFINITY
  writes = 0

  override async write(batch: WriteBatch): Promise<void> {
    if (this.writesLeft-- <= 0) throw new StorageError('outcomeUnknown', 'the disk is gone')
    this.writes++
    await super.write(batch)
  }
}

/** In the log with gaps, as after a compaction. */
const records = stored(
  Array.from({ length: MESSAGES }, (_, index) =>
    messageRecord(
      nameOf('later', { timestamp: START_SECOND + index }),
      { body: Buffer.from(`${index}`), headers: [] },
      START_MS,
    ),
  ),
).map(record => ({ ...record, offset: record.offset * 2 }))
const end = { ...positionAt(MESSAGES * 2), caughtUpMs: START_MS + 5 }
const names = records.map(({ key }) => Buffer.from(key ?? '').toString('latin1', 2))

async function pendingNames(index: DelayIndex): Promise<readonly MessageName[]> {
  return (await index.due(FOREVER_MS, EVERYTHING)).map(({ name }) => name)
}

test('D2 much that was read is several writes, each with the position behind what it holds', async () => {
  const store = new BrokenOffStore()
  const index = await DelayIndex.open(store, PREFIX)
  await index.reset({ ...end, offset: 0, caughtUpMs: 7 })
  store.writesLeft = 2
  await expect(index.apply(records, end)).rejects.toMatchObject({ kind: 'outcomeUnknown' })
  store.writesLeft = Number.POSITIVE_INFINITY

  const again = await DelayIndex.open(store, PREFIX)
  const { position } = again
  const taken = await pendingNames(again)
  expect(taken).toEqual(names.slice(0, taken.length))
  expect(taken.length).toBeGreaterThan(0)
  expect(taken.length).toBeLessThan(MESSAGES)
  // The next record of the log, and no claim to have been at its end.
  expect(position).toEqual({ ...end, offset: records[taken.length]?.offset, caughtUpMs: 7 })

  const left = records.filter(({ offset }) => offset >= (position?.offset ?? 0))
  await again.apply(left, end)
  expect(again.position).toEqual(end)
  expect(await pendingNames(again)).toEqual(names)
  expect(again.statistics().topics.get('later')?.count).toBe(MESSAGES)
})

test('D2 a position without records is one write', async () => {
  const store = new BrokenOffStore()
  const index = await DelayIndex.open(store, PREFIX)
  await index.reset(positionAt(0))
  store.writes = 0
  await index.apply([], end)
  expect(store.writes).toBe(1)
  expect((await DelayIndex.open(store, PREFIX)).position).toEqual(end)
})

test('a read of due rounds goes on over pages, up to its limits', async () => {
  const index = await DelayIndex.open(new MemoryStore(), PREFIX)
  await index.reset(positionAt(0))
  await index.apply(records, end)
  const due = await index.due(START_MS + 1_499_000, { ...EVERYTHING, count: 1400 })
  expect(due.map(({ name }) => name)).toEqual(names.slice(0, 1400))
  expect(await index.due(START_MS + 1_499_000, EVERYTHING)).toHaveLength(1500)
  // The first of them have bodies of one to four bytes.
  const few = await index.due(FOREVER_MS, { ...EVERYTHING, bytes: 40_000 })
  expect(few.length).toBeGreaterThan(1000)
  expect(few.length).toBeLessThan(MESSAGES)
})
