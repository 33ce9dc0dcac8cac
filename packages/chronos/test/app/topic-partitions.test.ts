import type { LogCluster, LogRecord } from '@ddmq/storage'
import { FakeClock } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { TopicPartitions } from '../../src/app/topic-partitions.ts'

const RECORD: LogRecord = { key: null, value: Buffer.alloc(50_000), headers: [], timestampMs: 0 }

test('deliveries that are due at once stay below what their topic takes as one append', async () => {
  const cluster: Pick<LogCluster, 'partitions' | 'maxAppendBytes'> = {
    partitions: () => ['0', '1'],
    maxAppendBytes: topic => (topic === 't' ? 900_000 : 10_000_000),
  }
  const partitions = new TopicPartitions(cluster, new FakeClock(), () => 0)
  const records = Array.from({ length: 600 }, () => RECORD)

  const appends = await partitions.spread('t', records)

  if (appends instanceof Error) throw appends
  expect(new Set(appends.map(({ partition }) => partition))).toEqual(new Set(['0', '1']))
  expect(appends.flatMap(append => append.records)).toHaveLength(600)
  for (const append of appends) expect(append.records.length * 50_000).toBeLessThan(900_000)
})
