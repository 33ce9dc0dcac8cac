import { expect, test } from 'vitest'
import { PartitionLog } from '../../src/embedded/partition-log.ts'
import { TailCache, tailIndexOf } from '../../src/embedded/tail-cache.ts'
import { Topic } from '../../src/embedded/topic.ts'

const entry = {
  topicId: 'id',
  partitions: 2,
  compacted: false,
  appendTime: false,
  tombstoneRetentionMs: null,
  retentionMs: null,
  retentionBytes: null,
}

function newestOf({ tail }: PartitionLog) {
  return tail.at(tail.size - 1)
}

/** Adds blocks of one record each at the end of the log. */
function fill(
  cache: TailCache,
  log: PartitionLog,
  blocks: { readonly count: number; readonly bytes: number },
) {
  const first = newestOf(log)?.nextOffset ?? 0
  for (let offset = first; offset < first + blocks.count; offset++) {
    const buffer = Buffer.alloc(blocks.bytes)
    const place = { buffer, start: 0, end: blocks.bytes }
    cache.add({ log, baseOffset: offset, nextOffset: offset + 1, ...place, gone: undefined })
  }
}

test('holds the newest blocks, bounded in bytes over all logs', () => {
  const cache = new TailCache(1000)
  const topic = new Topic(1, { ...entry, topic: 't' })
  const [one, other] = [new PartitionLog(topic, 0), new PartitionLog(topic, 1)]

  fill(cache, one, { count: 8, bytes: 100 })
  fill(cache, other, { count: 5, bytes: 100 })

  expect(cache.bytes).toBe(1000)
  expect([one.tail.at(0)?.baseOffset, newestOf(one)?.baseOffset]).toEqual([3, 7])
  expect(other.tail.size).toBe(5)
  expect([tailIndexOf(one, 2), tailIndexOf(one, 5)]).toEqual([-1, 2])
})

test('bounds small blocks by their number: a long list is slow to drop from and costs more than its bytes', () => {
  const cache = new TailCache(Number.MAX_SAFE_INTEGER)
  const log = new PartitionLog(new Topic(1, { ...entry, topic: 't' }), 0)

  fill(cache, log, { count: 20_000, bytes: 1 })

  expect(log.tail.size).toBe(8192)
  expect(log.tail.at(0)?.baseOffset).toBe(20_000 - 8192)
  expect(newestOf(log)?.nextOffset).toBe(20_000)
  expect(cache.bytes).toBe(8192)
})
