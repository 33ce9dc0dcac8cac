import type { LogCluster, LogRecord } from '@ddmq/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openCluster } from './open-cluster.ts'

const CALL = { deadlineMs: 10_000 }
const keys = fc.constantFrom('a', 'b', 'c', 'd')
const values = fc.option(fc.string({ maxLength: 30 }))
const batches = fc.array(fc.array(fc.tuple(keys, values), { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 8,
})

function recordOf([key, value]: readonly [string, string | null]): LogRecord {
  return {
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: [],
    timestampMs: 1_767_225_600_000,
  }
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString()
}

/** What a read from each offset answers, for a few sizes. */
async function readsOf(cluster: LogCluster, topic: string) {
  const { endOffset } = await cluster.identity(topic, '0')
  const reads = []
  for (const maxBytes of [1, 100, 1_000_000]) {
    for (let offset = 0; offset <= endOffset; offset++) {
      const [read] = await cluster.read([{ topic, partition: '0', offset }], { maxBytes, maxWaitMs: 0 }, CALL)
      reads.push({
        offset,
        next: read?.nextOffset,
        error: read?.error,
        records: read?.records.map(record => [record.offset, textOf(record.key), textOf(record.value)]),
      })
    }
  }
  return reads
}

test('E5 what is read of a compacted topic is the same from memory and from the store', async () => {
  await using opened = await openCluster()
  let count = 0
  await fc.assert(
    fc.asyncProperty(batches, async written => {
      const topic = `table-${count++}`
      await opened.cluster.admin.createTopic({ topic, partitions: 1, compacted: true })
      for (const batch of written) {
        const records = batch.map(recordOf)
        await opened.cluster.append([{ topic, partition: '0', records }], CALL)
      }
      const cached = await readsOf(opened.cluster, topic)
      // Nothing is in memory after an open.
      const stored = await readsOf(await opened.reopen(), topic)
      expect(cached).toEqual(stored)
    }),
    { numRuns: 15 },
  )
})
