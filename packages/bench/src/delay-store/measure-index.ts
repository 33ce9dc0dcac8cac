import { join } from 'node:path'
import { DelayIndex, type PendingRound, type ShardPosition, shardPrefix } from '@ddmq/chronos/store'
import { FIRST_DUE_SECOND, firedRecords } from './bench-records.ts'
import { BATCH, type Ingest, type IngestLoad, measureIngest } from './measure-ingest.ts'
import { openStore } from './open-store.ts'
import { Stopwatch } from './stopwatch.ts'

export interface IndexResult extends Ingest {
  /** Reading a slice of 1,000 due messages. */
  readonly sliceP50Ms: number
  readonly sliceMaxMs: number
  /** Messages per second: reading slices and taking in that they were fired. */
  readonly firedPerSecond: number
  /** Until the store is open and the first slice is read. */
  readonly reopenMs: number
  /** Of the process, before it was opened again. */
  readonly rssBytes: number
}

const SLICES = 100
const FOREVER_MS = FIRST_DUE_SECOND * 2000
const LIMITS = { count: BATCH, bytes: 8 * 1024 * 1024 }
const PREFIX = shardPrefix('bench', '0')

/** The index of pending messages alone, on a store of this process: ingest, firing, opening again. */
export async function measureIndex(dir: string, load: IngestLoad): Promise<IndexResult> {
  const store = await openStore(join(dir, 'index'))
  const index = await DelayIndex.open(store, PREFIX)
  await index.reset(positionAt(0))
  const ingest = await measureIngest(load, {
    prepare: records => records,
    write: (records, endOffset) => index.apply(records, positionAt(endOffset)),
    flush: () => store.flush(),
  })
  const fire = await measureFire(index, load.messages)
  const rssBytes = process.memoryUsage.rss()
  await store.close()
  return { ...ingest, ...fire, rssBytes, reopenMs: await measureReopen(join(dir, 'index')) }
}

async function measureFire(
  index: DelayIndex,
  pending: number,
): Promise<Pick<IndexResult, 'sliceP50Ms' | 'sliceMaxMs' | 'firedPerSecond'>> {
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

function positionAt(offset: number): ShardPosition {
  return { topicId: 'bench', epoch: 1, offset, caughtUpMs: FIRST_DUE_SECOND * 1000 }
}
