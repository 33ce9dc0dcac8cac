import { DelayIndex, MemoryStore, shardPrefix } from '@ddmq/chronos/store'
import { messageRecord } from '@ddmq/storage/delay'
import { WriteBatch } from '@ddmq/storage/rocksdb'
import { expect, test } from 'vitest'
import { positionAt } from './index-run.ts'
import { nameOf, START_MS, stored } from './table-records.ts'

const PREFIX = shardPrefix('main', '0')
const LIMITS = { count: 10, bytes: 1_000 }

/** With one round that is set aside, so that there are entries of all kinds that are read when it is opened. */
async function filledStore(): Promise<MemoryStore> {
  const store = new MemoryStore()
  const index = await DelayIndex.open(store, PREFIX)
  await index.reset(positionAt(0))
  const content = { body: Buffer.from('hello'), headers: [] }
  await index.apply(stored([messageRecord(nameOf('t'), content, START_MS)]), positionAt(1))
  await index.setAside(await index.due(START_MS, LIMITS))
  return store
}

test.for([
  ['state', 'z'],
  ['backlog', 'b'],
  ['topics that are set aside', 't'],
] as const)('an index whose %s makes no sense is as if it was never filled', async ([, kind]) => {
  const store = await filledStore()
  expect((await DelayIndex.open(store, PREFIX)).position?.offset).toBe(1)
  const gte = Buffer.concat([PREFIX, Buffer.from(kind)])
  const [entry] = await store.scan({ gte, lt: Buffer.concat([gte, Buffer.from([0xff])]), limit: 1 })
  await store.write(new WriteBatch().put(entry?.key ?? gte, entry?.value.subarray(0, 3) ?? gte))

  const index = await DelayIndex.open(store, PREFIX)

  expect(index.position).toBeUndefined()
  await index.reset(positionAt(0))
  expect((await DelayIndex.open(store, PREFIX)).position?.offset).toBe(0)
})
