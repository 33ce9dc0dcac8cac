import { MemoryStore } from '@ddmq/chronos/store'
import { systemClock } from '@ddmq/common/clock'
import { RocksStore } from '@ddmq/storage/rocksdb'
import { faultRounds, tempDir } from '@ddmq/testkit'
import { afterAll, beforeAll, describe } from 'vitest'
import { describeShardIndex } from './describe-shard-index.ts'

describe('on a store in memory', () => {
  describeShardIndex(() => new MemoryStore(), faultRounds(300, 5000))
})

describe('on RocksDB', () => {
  let opened: { readonly store: RocksStore; readonly dir: AsyncDisposable } | undefined

  beforeAll(async () => {
    const dir = await tempDir()
    const store = await RocksStore.open({
      dir: dir.path,
      fsync: false,
      clock: systemClock,
      freeSpaceFloorBytes: 0,
    })
    opened = { store, dir }
  })

  afterAll(async () => {
    await opened?.store.close()
    await opened?.dir[Symbol.asyncDispose]()
  })

  describeShardIndex(
    () => {
      if (opened === undefined) throw new Error('the store is not open')
      return opened.store
    },
    faultRounds(50, 1000),
  )
})
