import { systemClock } from '@ddmq/common/clock'
import { RocksStore, WriteBatch } from '@ddmq/storage/rocksdb'
import { eventually, tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { BlockMemory } from '../../src/embedded/block-memory.ts'
import { GroupOffsets } from '../../src/embedded/group-offsets.ts'
import { topicKey } from '../../src/embedded/keys.ts'
import { LogReader } from '../../src/embedded/log-reader.ts'
import { checkedRecordBytes } from '../../src/embedded/record-size.ts'
import { type EngineState, loadState } from '../../src/embedded/recovery.ts'
import { Staging } from '../../src/embedded/staging.ts'
import { Topic, type TopicEntry } from '../../src/embedded/topic.ts'
import { encodeTopicEntry } from '../../src/embedded/topic-entry.ts'
import { Topics } from '../../src/embedded/topics.ts'

test('a reader that waits is woken when a write of unknown outcome turns out to be stored', async () => {
  await using dir = await tempDir()
  const store = await open(dir.path)
  const topics = new Topics()
  const topic = new Topic(1, entryOf('found'))
  const log = topic.logs[0]
  if (log === undefined) throw new Error('the topic has no partition')
  topics.add(topic)
  await store.write(new WriteBatch().put(topicKey(1), encodeTopicEntry(topic.entry)))
  const reader = new LogReader({ store, topics, clock: systemClock, epoch: 1 })
  const staging = new Staging({ nowMs: 1, epoch: 1, memory: new BlockMemory() })
  const record = { key: null, value: Buffer.from('v'), headers: [], timestampMs: 1 }
  staging.append(log, [record], checkedRecordBytes(record, 1000))
  staging.encode()
  staging.release()

  const reading = reader.read(
    [{ topic: 'found', partition: '0', offset: 0 }],
    { maxBytes: 1000, maxWaitMs: 60_000 },
    { deadlineMs: 60_000 },
  )
  await eventually(() => expect(log.waiters.size).toBe(1))
  await store.write(staging.batch)
  await loadState(store, stateOf(topics))

  expect(await reading).toMatchObject([{ records: [{ offset: 0 }], nextOffset: 1, endOffset: 1 }])
  await store.close()
})

test('a topic that the store does not have after a failed write is gone for whoever still knows it', async () => {
  await using dir = await tempDir()
  const store = await open(dir.path)
  const topics = new Topics()
  const topic = new Topic(1, entryOf('gone'))
  topics.add(topic)

  await loadState(store, stateOf(topics))
  await store.close()

  expect(topics.find('gone')).toBeUndefined()
  // What was queued for it is refused when it is staged, and its members let go.
  expect(topic.deleted).toBe(true)
})

function open(dir: string): Promise<RocksStore> {
  return RocksStore.open({ dir, fsync: false, clock: systemClock, freeSpaceFloorBytes: 0 })
}

function stateOf(topics: Topics): EngineState {
  return { topics, offsets: new GroupOffsets(topics), transactors: new Map(), nextTopic: 2, epoch: 1 }
}

function entryOf(topic: string): TopicEntry {
  return {
    topic,
    topicId: 'id',
    partitions: 1,
    compacted: false,
    appendTime: false,
    tombstoneRetentionMs: null,
    retentionMs: null,
    retentionBytes: null,
  }
}
