import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DelayIndex, type PendingRound, shardPrefix } from '@ddmq/chronos/store'
import { systemClock } from '@ddmq/common/clock'
import { createLogger } from '@ddmq/common/log'
import type { Append, LogRecord, StoredRecord, Transactor } from '@ddmq/storage'
import { firedRecord, messageKey, tombstone } from '@ddmq/storage/delay'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { RocksStore } from '@ddmq/storage/rocksdb'
import { Stopwatch } from '../delay-store/stopwatch.ts'
import { PARTS_PARTITIONS, PARTS_TOPIC, PartsTable } from './parts-table.ts'
import { addToTable } from './table-adds.ts'

/** What each step of firing costs alone, in milliseconds per 1,000 messages. */
export interface FiringParts {
  /** From the index: what is due, and what of it is cancelled. */
  readonly sliceMs: number
  /** One delivery and two records of the table for each, in one transaction of the log. */
  readonly commitMs: number
  /** Two records of the table for each. */
  readonly readMs: number
  /** The same, into the index. */
  readonly applyMs: number
}

export interface PartsLoad {
  readonly messages: number
  readonly bodyBytes: number
}

const BATCH = 2000
const CALL = { deadlineMs: 60_000 }
const MAX_BYTES = 4 * 1024 * 1024
const FREE_SPACE_FLOOR_BYTES = 256 * 1024 * 1024

/** Steps of firing one after the other as the delay service takes them, without the service: on an embedded log and an index of this process. */
export async function measureFiringParts(parent: string, load: PartsLoad): Promise<FiringParts> {
  const dir = await mkdtemp(join(parent, 'parts-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const cluster = await openLog(join(dir, 'log'))
  stack.defer(() => cluster.stop())
  const settings = { fsync: false, clock: systemClock, freeSpaceFloorBytes: FREE_SPACE_FLOOR_BYTES }
  const store = await RocksStore.open({ dir: join(dir, 'index'), ...settings })
  stack.defer(() => store.close())
  const index = await DelayIndex.open(store, shardPrefix('bench', '0'))
  return await fireAll(await PartsTable.open(cluster, index), load)
}

async function fireAll(table: PartsTable, { messages, bodyBytes }: PartsLoad): Promise<FiringParts> {
  const { cluster } = table
  const dueMs = Date.now()
  await addToTable(cluster, {
    table: table.topic,
    shards: [0],
    topic: PARTS_TOPIC,
    run: randomBytes(4).toString('hex'),
    count: BATCH + messages,
    bodyBytes,
    firstDueMs: dueMs,
    spanMs: 0,
  })
  while (table.isBehind) await table.apply(await table.read())
  const transactor = await cluster.transactor('bench')
  const fire = { table, transactor, dueMs }
  await fireRounds(fire, BATCH) // Not counted: what is compiled at first use.
  const parts = await fireRounds(fire, messages)
  await transactor.close()
  return parts
}

interface Firing {
  readonly table: PartsTable
  readonly transactor: Transactor
  readonly dueMs: number
}

async function fireRounds({ table, transactor, dueMs }: Firing, messages: number): Promise<FiringParts> {
  const { index } = table
  const [slice, commit, read, apply] = [new Stopwatch(), new Stopwatch(), new Stopwatch(), new Stopwatch()]
  for (let fired = 0; fired < messages; fired += BATCH) {
    let rounds: readonly PendingRound[] = []
    const count = Math.min(BATCH, messages - fired)
    await slice.time(count, async () => {
      rounds = await index.due(dueMs, { count, bytes: MAX_BYTES })
      await index.cancelled(rounds.map(({ name }) => name))
    })
    const appends = appendsOf(rounds, table.topic)
    await commit.time(count, () => transactor.commit(appends, CALL))
    let records: readonly StoredRecord[] = []
    await read.time(count, async () => {
      records = await table.read()
    })
    await apply.time(count, () => table.apply(records))
  }
  return {
    sliceMs: 1e6 / slice.perSecond,
    commitMs: 1e6 / commit.perSecond,
    readMs: 1e6 / read.perSecond,
    applyMs: 1e6 / apply.perSecond,
  }
}

function appendsOf(rounds: readonly PendingRound[], table: string): readonly Append[] {
  const nowMs = Date.now()
  const deliveries = Array.from({ length: PARTS_PARTITIONS }, (_, partition) => ({
    topic: PARTS_TOPIC,
    partition: `${partition}`,
    records: new Array<LogRecord>(),
  }))
  const records: LogRecord[] = []
  for (const [place, { name, content }] of rounds.entries()) {
    const { body, headers } = content
    const key = Buffer.from(name, 'latin1')
    deliveries[place % PARTS_PARTITIONS]?.records.push({ key, value: body, headers, timestampMs: nowMs })
    records.push(tombstone(messageKey(name), nowMs), firedRecord(name, nowMs))
  }
  return [...deliveries, { topic: table, partition: '0', records }]
}

async function openLog(dir: string): Promise<EmbeddedCluster> {
  const cluster = new EmbeddedCluster({
    clusterName: 'R_bench',
    dir,
    fsync: false,
    clock: systemClock,
    log: createLogger({ level: 'error', pretty: false, destination: process.stderr }),
  })
  await cluster.start()
  return cluster
}
