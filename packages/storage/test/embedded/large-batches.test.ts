import { MetricsRegistry } from '@ddmq/common/metrics'
import { expect, test } from 'vitest'
import { openCluster } from './open-cluster.ts'

const CALL = { deadlineMs: 10_000 }
const TOPIC = 'table'

function recordsOf(holder: string) {
  return Array.from({ length: 2000 }, (_, index) => ({
    key: Buffer.from(`${index % 1500}`),
    value: Buffer.from(holder),
    headers: [],
    timestampMs: 1,
  }))
}

test('E4 many records of a compacted topic end a batch: what comes with them is written after, in its order', async () => {
  const metrics = new MetricsRegistry()
  await using opened = await openCluster({ clusterName: 'large', metrics })
  const { cluster } = opened
  await cluster.admin.createTopic({ topic: TOPIC, partitions: 1, compacted: true })
  const holders = ['first', 'second', 'third']
  const transactors = await Promise.all(holders.map(holder => cluster.transactor(holder)))

  const committed = transactors.map(async (transactor, index) => {
    const append = { topic: TOPIC, partition: '0', records: recordsOf(holders[index] ?? '') }
    return transactor.commit([append], CALL)
  })

  expect(await Promise.all(committed)).toEqual([[0], [2000], [4000]])
  // The topic, the holders together, and a batch for each transaction.
  expect(await metrics.metrics()).toContain('ddmq_storage_write_batches_total{cluster="large"} 5')
  const limits = { maxBytes: 10_000_000, maxWaitMs: 0 }
  const [read] = await cluster.read([{ topic: TOPIC, partition: '0', offset: 0 }], limits, CALL)
  expect(read?.records.map(({ offset }) => offset)).toEqual(
    Array.from({ length: 1500 }, (_, index) => 4500 + index),
  )
  expect(new Set(read?.records.map(({ value }) => Buffer.from(value ?? []).toString()))).toEqual(
    new Set(['third']),
  )
})
