import { join } from 'node:path'
import { systemClock } from '@ddmq/common/clock'
import { parseDelayId } from '@ddmq/common/delay'
import type { StoredRecord } from '@ddmq/storage'
import { delayTableSpec, parseMessageName, parseTableKey } from '@ddmq/storage/delay'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { eventually, tempDir, testLogger } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { decodeDelayedBody } from '../src/delay/delayed-body.ts'
import { measureFiringParts } from '../src/delay/firing-parts.ts'
import { LogFollower } from '../src/delay/log-follower.ts'
import { addToTable } from '../src/delay/table-adds.ts'

const TABLE = delayTableSpec('R_test_', 3)

async function openTable(): Promise<EmbeddedCluster> {
  const dir = await tempDir()
  const cluster = new EmbeddedCluster({
    clusterName: 'R_test',
    dir: join(dir.path, 'log'),
    fsync: false,
    freeSpaceFloorBytes: 0,
    clock: systemClock,
    log: testLogger().log,
  })
  await cluster.start()
  onTestFinished(async () => {
    await cluster.stop()
    await dir[Symbol.asyncDispose]()
  })
  await cluster.admin.createTopic(TABLE)
  return cluster
}

test('adds are spread over the shards and due evenly over the span, as their names and bodies say', async () => {
  const cluster = await openTable()
  const records: StoredRecord[] = []
  await using _follower = await LogFollower.open(cluster, TABLE.topic, some => records.push(...some))
  const due = { firstDueMs: 1_800_000_000_900, spanMs: 1000 }

  await addToTable(cluster, {
    ...due,
    table: TABLE.topic,
    shards: [0, 2],
    topic: 'later',
    run: 'ab12',
    count: 10,
    bodyBytes: 60,
  })

  await eventually(() => expect(records.length).toBe(10))
  const read = records.map(({ key, value }) => {
    const parsed = parseTableKey(key)
    if (parsed?.kind !== 'message') throw new Error('no add')
    const { topic, id, milliseconds } = parseMessageName(parsed.name)
    const delayId = parseDelayId(id)
    if (typeof delayId === 'string') throw new Error(delayId)
    const dueMs = delayId.timestamp * 1000 + milliseconds
    return {
      topic,
      dueMs,
      shard: delayId.seq,
      body: decodeDelayedBody(value ?? undefined),
      size: value?.length,
    }
  })
  expect(read.toSorted((one, other) => one.dueMs - other.dueMs)).toEqual(
    Array.from({ length: 10 }, (_, number) => {
      const dueMs = due.firstDueMs + number * 100
      const body = { run: 'ab12', number, dueMs }
      return { topic: 'later', dueMs, shard: number % 2 === 0 ? 0 : 2, body, size: 60 }
    }),
  )
})

test('a follower passes over what was there before', async () => {
  const cluster = await openTable()
  const add = (run: string) =>
    addToTable(cluster, {
      table: TABLE.topic,
      shards: [1],
      topic: 'later',
      run,
      count: 1,
      bodyBytes: 60,
      firstDueMs: 1_800_000_000_000,
      spanMs: 0,
    })
  await add('aa')
  const runs: (string | undefined)[] = []
  await using _follower = await LogFollower.open(cluster, TABLE.topic, some => {
    for (const { value } of some) runs.push(decodeDelayedBody(value ?? undefined)?.run)
  })

  await add('bb')

  await eventually(() => expect(runs.length).toBeGreaterThan(0))
  expect(runs).toEqual(['bb'])
})

test('the parts of firing are measured each', async () => {
  await using dir = await tempDir()

  const parts = await measureFiringParts(dir.path, { messages: 200, bodyBytes: 60 })

  expect(Object.entries(parts).filter(([, ms]) => !(ms > 0))).toEqual([])
})
