import { setImmediate } from 'node:timers/promises'
import { DelayIndex, MemoryStore, shardPrefix } from '@ddmq/chronos/store'
import { messageRecord } from '@ddmq/storage/delay'
import type { Entry, ScanOptions } from '@ddmq/storage/rocksdb'
import { FakeClock } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { DelayReports } from '../../src/app/delay-reports.ts'
import { Destinations } from '../../src/core/destinations.ts'
import { positionAt } from '../store/index-run.ts'
import { nameOf, START_MS, START_SECOND, stored } from '../store/table-records.ts'

const clock = new FakeClock(START_MS)
const destinations = new Destinations({
  clock,
  random: () => 0,
  shards: () => 1,
  settings: () => ({ seen: true, paused: false, maxTps: undefined }),
})

/** How many scans it answers at once, at most. */
class CountingStore extends MemoryStore {
  atOnce = 0
  #running = 0

  override async scan(options: ScanOptions): Promise<readonly Entry[]> {
    this.atOnce = Math.max(this.atOnce, ++this.#running)
    await setImmediate()
    this.#running--
    return super.scan(options)
  }
}

async function shardWith(store: MemoryStore, id: string, messages: number) {
  const index = await DelayIndex.open(store, shardPrefix('main', id))
  await index.reset(positionAt(0))
  const content = { body: Buffer.alloc(0), headers: [] }
  const records = Array.from({ length: messages }, (_, at) =>
    messageRecord(
      nameOf('t', { timestamp: START_SECOND + (at % 120), milliseconds: Math.floor(at / 120) }),
      content,
      START_MS,
    ),
  )
  await index.apply(stored(records), positionAt(messages))
  const shard = { id, table: 'table', role: 'owner' as const, lag: 0, index, destinations }
  return { cluster: 'main', shard }
}

test('CH-53 shards are counted one after the other, each up to a limit, and the histogram says where it is cut', async () => {
  const store = new CountingStore()
  const shards = [await shardWith(store, '0', 20_001), await shardWith(store, '1', 7)]
  store.atOnce = 0

  const stats = await new DelayReports('one', clock, { shards: () => shards }).stats()

  expect(stats.shards.map(({ shard, pending }) => [shard, pending])).toEqual([
    ['0', 20_001],
    ['1', 7],
  ])
  const [cut, whole] = stats.shards.map(({ histogram }) => histogram)
  expect(cut?.counts.reduce((sum, count) => sum + count, 0)).toBe(20_000)
  expect([cut?.isCut, whole?.isCut, whole?.counts[0]]).toEqual([true, false, 7])
  expect(store.atOnce).toBe(1)
})
