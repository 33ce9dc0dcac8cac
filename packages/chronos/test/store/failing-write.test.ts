import { DelayIndex, MemoryStore, shardPrefix } from '@ddmq/chronos/store'
import { StorageError } from '@ddmq/storage'
import { messageRecord } from '@ddmq/storage/delay'
import { WriteBatch } from '@ddmq/storage/rocksdb'
import { expect, test } from 'vitest'
import { positionAt } from './index-run.ts'
import { nameOf, START_MS, stored } from './table-records.ts'

/** Fails the next write, before or after it is stored. */
class FailingStore extends MemoryStore {
  failNext: 'before' | 'after' | undefined

  override async write(batch: WriteBatch): Promise<void> {
    const when = this.failNext
    this.failNext = undefined
    if (when !== 'before') await super.write(batch)
    if (when !== undefined) throw new StorageError('outcomeUnknown', 'the disk is gone')
  }
}

test.for(['before', 'after'] as const)(
  'D2 a write that failed %s it was stored: refuses until opened again',
  async when => {
    const store = new FailingStore()
    const prefix = shardPrefix('main', '0')
    const index = await DelayIndex.open(store, prefix)
    await index.reset(positionAt(0))
    const name = nameOf('later')
    const content = { body: Buffer.from('hello'), headers: [] }
    store.failNext = when

    const applied = index.apply(stored([messageRecord(name, content, START_MS)]), positionAt(1))
    await expect(applied).rejects.toMatchObject({ kind: 'outcomeUnknown' })
    await expect(index.due(START_MS, { count: 1, bytes: 1 })).rejects.toMatchObject({ kind: 'unavailable' })

    const again = await DelayIndex.open(store, prefix)
    const count = when === 'before' ? 0 : 1
    expect(again.position?.offset).toBe(count)
    expect(await again.due(START_MS, { count: 1, bytes: 1 })).toHaveLength(count)
    expect(again.statistics().topics.get('later')?.count ?? 0).toBe(count)

    await index.reset(positionAt(0))
    expect(await index.due(START_MS, { count: 1, bytes: 1 })).toEqual([])
  },
)

test('an index of another version is as if it was never filled', async () => {
  const store = new MemoryStore()
  const prefix = shardPrefix('main', '0')
  const index = await DelayIndex.open(store, prefix)
  await index.reset(positionAt(7))
  const { gte, lt } = {
    gte: Buffer.concat([prefix, Buffer.from('z')]),
    lt: Buffer.concat([prefix, Buffer.from('{')]),
  }
  const [state] = await store.scan({ gte, lt, limit: 1 })
  await store.write(
    new WriteBatch().put(
      gte,
      Buffer.from(`${state?.value.toString()}`.replace('"version":1', '"version":0')),
    ),
  )
  expect((await DelayIndex.open(store, prefix)).position).toBeUndefined()
})
