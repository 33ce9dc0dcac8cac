import { systemClock } from '@ddmq/common/clock'
import { RocksStore } from '@ddmq/storage/rocksdb'
import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { GroupOffsets } from '../../src/embedded/group-offsets.ts'
import { loadState } from '../../src/embedded/recovery.ts'
import { Topic } from '../../src/embedded/topic.ts'
import { Topics } from '../../src/embedded/topics.ts'

test('a topic that the store does not have after a failed write is gone for whoever still knows it', async () => {
  await using dir = await tempDir()
  const store = await RocksStore.open({
    dir: dir.path,
    fsync: false,
    clock: systemClock,
    freeSpaceFloorBytes: 0,
  })
  const topics = new Topics()
  const entry = {
    topic: 'gone',
    topicId: 'id',
    partitions: 1,
    compacted: false,
    retentionMs: null,
    retentionBytes: null,
  }
  const topic = new Topic(1, entry)
  topics.add(topic)

  await loadState(store, {
    topics,
    offsets: new GroupOffsets(topics),
    transactors: new Map(),
    nextTopic: 2,
    epoch: 1,
  })
  await store.close()

  expect(topics.find('gone')).toBeUndefined()
  // What was queued for it is refused when it is staged, and its members let go.
  expect(topic.deleted).toBe(true)
})
