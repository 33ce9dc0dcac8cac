import { StorageError } from '@ddmq/storage'
import { expect, test } from 'vitest'
import { ShardCount } from '../../src/app/shard-count.ts'

const twice = async (count: ShardCount): Promise<readonly number[]> => {
  const first = count.now()
  await Promise.resolve()
  return [first, count.now()]
}

test('partitions that are added to a table count at once where they are known, and else when the cluster answered', async () => {
  let partitions: readonly string[] = ['0', '1']
  const known = new ShardCount({ partitions: () => partitions }, 'table', 1)
  const asked = new ShardCount({ partitions: async () => partitions }, 'table', 1)
  expect([await twice(known), await twice(asked)]).toEqual([
    [2, 2],
    [1, 2],
  ])

  partitions = ['0', '1', '2', '3']

  expect([await twice(known), await twice(asked)]).toEqual([
    [4, 4],
    [2, 4],
  ])
})

test('while a cluster does not answer, what was known counts', async () => {
  const error = new StorageError('unavailable', 'no broker')
  const thrown = new ShardCount(
    {
      partitions() {
        throw error
      },
    },
    'table',
    3,
  )
  const rejected = new ShardCount({ partitions: () => Promise.reject(error) }, 'table', 3)

  expect([await twice(thrown), await twice(rejected)]).toEqual([
    [3, 3],
    [3, 3],
  ])
})
