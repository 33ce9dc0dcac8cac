import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DelayIndex, type PendingRound, type ShardPosition, shardPrefix } from '@ddmq/chronos/store'
import { systemClock } from '@ddmq/common/clock'
import { RocksStore, WriteBatch } from '@ddmq/storage/rocksdb'
import { addRecords, FIRST_DUE_SECOND, firedRecords } from './bench-records.ts'
import { Stopwatch } from './stopwatch.ts'

export interface DelayStoreBenchOptions {
  /** How many messages are pending when slices are measured. */
  readonly pending: number
  readonly bodyBytes: number
  /** Where the stores are made, and removed again. */
  readonly dir: string
}

export interface DelayStoreBenchResult {
  readonly pending: number
  /** Messages per second taken in, in batches of 1,000, and the same entries written to a bare store in turn with them. */
  readonly ingestPerSecond: number
  readonly barePerSecond: number
  /** CPU time of the process, all threads, per message taken in and per entry written. */
  readonly ingestCpuMicroseconds: number
  readonly bareCpuMicroseconds: number
  /** Reading a slice of 1,000 due messages. */
  readonly sliceP50Ms: number
  readonly sliceMaxMs: number
  /** Messages per second: reading slices and taking in that they were fired. */
  readonly firedPerSecond: number
  /** Until the store is open and the first slice is read. */
  readonly reopenMs: number
  readonly rssBytes: number
}

const BATCH = 1000
const FREE_SPACE_FLOOR_BYTES = 256 * 1024 * 1024
const SLICES = 100
/** Every so many batches are written to the bare store too. */
const BARE_EVERY = 5
const FOREVER_MS = FIRST_DUE_SECOND * 2000
const LIMITS = { count: BATCH, bytes: 8 * 1024 * 1024 }

/** The index of pending messages alone, on a store of this process: ingest, firing, opening again. */
export async function runDelayStoreBench(options: DelayStoreBenchOptions): Promise<DelayStoreBenchResult> {
  const dir = await mkdtemp(join(options.dir, 'ddmq-bench-'))
  try {
    const bare = await openStore(join(dir, 'bare'))
    const store = await openStore(join(dir, 'index'))
    const index = await DelayIndex.open(store, PREFIX)
    await index.reset(positionAt(0))
    const ingest = await measureIngest(index, bare, options)
    await bare.close()
    const fire = await measureFire(index, options.pending)
    const rssBytes = process.memoryUsage.rss()
    await store.close()
    const reopenMs = await measureReopen(join(dir, 'index'))
    return { pending: options.pending, ...ingest, ...fire, reopenMs, rssBytes }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const PREFIX = shardPrefix('bench', '0')

type IngestResult = Pick<
  DelayStoreBenchResult,
  'ingestPerSecond' | 'barePerSecond' | 'ingestCpuMicroseconds' | 'bareCpuMicroseconds'
>

async function measureIngest(
  index: DelayIndex,
  bare: RocksStore,
  { pending, bodyBytes }: DelayStoreBenchOptions,
): Promise<IngestResult> {
  const ingest = new Stopwatch()
  const reference = new Stopwatch()
  for (let offset = 0; offset < pending; offset += BATCH) {
    const records = addRecords(BATCH, bodyBytes, offset)
    await ingest.time(BATCH, () => index.apply(records, positionAt(offset + BATCH)))
    if ((offset / BATCH) % BARE_EVERY !== 0) continue
    const entries = records.map(({ key, value }) => [copyOf(PREFIX, key), copyOf(PREFIX, value)] as const)
    await reference.time(BATCH, () => {
      const batch = new WriteBatch()
      for (const [key, value] of entries) batch.put(key, value)
      return bare.write(batch)
    })
  }
  return {
    ingestPerSecond: ingest.perSecond,
    barePerSecond: reference.perSecond,
    ingestCpuMicroseconds: ingest.cpuMicroseconds,
    bareCpuMicroseconds: reference.cpuMicroseconds,
  }
}

async function measureFire(
  index: DelayIndex,
  pending: number,
): Promise<Pick<DelayStoreBenchResult, 'sliceP50Ms' | 'sliceMaxMs' | 'firedPerSecond'>> {
  const slicesMs: number[] = []
  const firing = new Stopwatch()
  let offset = pending
  for (let slice = 0; slice < SLICES; slice++) {
    let rounds: readonly PendingRound[] = []
    slicesMs.push(await firing.time(0, async () => void (rounds = await index.due(FOREVER_MS, LIMITS))))
    const records = firedRecords(
      rounds.map(({ name }) => name),
      offset,
    )
    offset += records.length
    await firing.time(records.length, () => index.apply(records, positionAt(offset)))
  }
  const sorted = slicesMs.toSorted((one, other) => one - other)
  return {
    sliceP50Ms: sorted[SLICES / 2] ?? 0,
    sliceMaxMs: sorted.at(-1) ?? 0,
    firedPerSecond: firing.perSecond,
  }
}

async function measureReopen(dir: string): Promise<number> {
  const startMs = performance.now()
  const store = await openStore(dir)
  const index = await DelayIndex.open(store, PREFIX)
  await index.due(FOREVER_MS, LIMITS)
  const elapsedMs = performance.now() - startMs
  await store.close()
  return elapsedMs
}

function openStore(dir: string): Promise<RocksStore> {
  return RocksStore.open({
    dir,
    fsync: false,
    clock: systemClock,
    freeSpaceFloorBytes: FREE_SPACE_FLOOR_BYTES,
  })
}

function positionAt(offset: number): ShardPosition {
  return { topicId: 'bench', epoch: 1, offset, caughtUpMs: FIRST_DUE_SECOND * 1000 }
}

function copyOf(prefix: Buffer, bytes: Uint8Array | null): Buffer {
  return Buffer.concat([prefix, bytes ?? Buffer.alloc(0)])
}
