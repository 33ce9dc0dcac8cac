import { MetricsRegistry } from '@ddmq/common/metrics'
import type { LogRecord } from '@ddmq/storage'
import { eventually, FakeClock } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { HeldProbe } from './held-probe.ts'
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

/** An engine whose first write, of one record, is held until the probe is released; what comes meanwhile waits. */
async function openHeld() {
  const [metrics, space, clock] = [new MetricsRegistry(), new HeldProbe(), new FakeClock()]
  const floor = { freeSpaceFloorBytes: 1, freeSpace: space.probe }
  const opened = await openCluster({ clusterName: 'held', metrics, clock, ...floor })
  const { cluster } = opened
  await cluster.admin.createTopic({ topic: TOPIC, partitions: 1, compacted: true })
  const append = (records: readonly LogRecord[], deadlineMs = CALL.deadlineMs) =>
    cluster.append([{ topic: TOPIC, partition: '0', records }], { deadlineMs })
  space.holds = true
  await clock.advance(1000)
  const first = append(recordsOf('first').slice(0, 1))
  await eventually(() => expect(space.waiting).toBe(true))
  return { opened, metrics, space, clock, append, first }
}

test('E4 records that were withdrawn do not count towards the end of a batch', async () => {
  const { opened, metrics, space, clock, append, first } = await openHeld()
  await using _ = opened
  const withdrawn = append(recordsOf('withdrawn').slice(0, 1000), 100)
  const rest = [append(recordsOf('rest').slice(0, 1000)), append(recordsOf('last').slice(0, 1))]
  await clock.advance(500)
  space.release()

  expect(await withdrawn).toMatchObject([{ error: { kind: 'retriable' } }])
  expect(await Promise.all([first, ...rest])).toEqual([
    [{ baseOffset: 0 }],
    [{ baseOffset: 1 }],
    [{ baseOffset: 1001 }],
  ])
  // The topic, the first record, and the rest together.
  expect(await metrics.metrics()).toContain('ddmq_storage_write_batches_total{cluster="held"} 3')
})

test('E2 a record that its caller takes away while it waits fails its batch, and moves no offset', async () => {
  const { opened, space, append, first } = await openHeld()
  await using _ = opened
  const records = recordsOf('taken away').slice(0, 3)
  const late = append(records)
  Reflect.deleteProperty(records, '1')
  space.release()

  expect(await first).toEqual([{ baseOffset: 0 }])
  expect(await late).toMatchObject([{ error: { kind: 'invalid' } }])
  expect(await append(recordsOf('next').slice(0, 1))).toEqual([{ baseOffset: 1 }])
})
