import { MetricsRegistry } from '@ddmq/common/metrics'
import { expect, test } from 'vitest'
import { openCluster } from './open-cluster.ts'

test('counts records and batches per cluster; clusters of a process share a registry', async () => {
  const metrics = new MetricsRegistry()
  await using first = await openCluster({ clusterName: 'first', metrics })
  await using second = await openCluster({ clusterName: 'second', metrics })
  const records = [{ key: null, value: Buffer.from('v'), headers: [], timestampMs: 1 }]

  for (const { cluster } of [first, second]) {
    await cluster.admin.createTopic({ topic: 't', partitions: 1 })
    await cluster.append([{ topic: 't', partition: '0', records }], { deadlineMs: 10_000 })
  }

  const exposed = await metrics.metrics()
  for (const cluster of ['first', 'second']) {
    expect(exposed).toContain(`ddmq_storage_appended_records_total{cluster="${cluster}"} 1`)
    expect(exposed).toContain(`ddmq_storage_write_batches_total{cluster="${cluster}"} 2`)
    expect(exposed).toContain(`ddmq_storage_writable{cluster="${cluster}"} 1`)
  }
})
