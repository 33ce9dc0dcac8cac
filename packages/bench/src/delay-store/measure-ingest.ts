import type { StoredRecord } from '@ddmq/storage'
import { addRecords } from './bench-records.ts'
import { Stopwatch } from './stopwatch.ts'

export interface Ingest {
  /** Messages per second by the clock, without the time in which the records were made. */
  readonly perSecond: number
  /** CPU time of the process, what its store does in the background included, per message. */
  readonly cpuMicroseconds: number
}

export interface IngestLoad {
  readonly messages: number
  readonly bodyBytes: number
}

/** Where records are written to. */
interface IngestTarget<Batch> {
  /** Not timed: what the log gives, in the form in which it is written. */
  prepare(records: readonly StoredRecord[]): Batch
  write(batch: Batch, endOffset: number): Promise<void>
  /** Resolves when what was written is in the files of the store. */
  flush(): Promise<void>
}

/** Records in one batch. */
export const BATCH = 1000
/** Batches that are not counted: what is compiled at first use. At most this part of all. */
const WARM_BATCHES = 20
const WARM_SHARE = 0.2

/** Writes so many adds in batches, each in turn. */
export async function measureIngest<Batch>(
  { messages, bodyBytes }: IngestLoad,
  target: IngestTarget<Batch>,
): Promise<Ingest> {
  const warm = Math.min(WARM_BATCHES, Math.floor((messages / BATCH) * WARM_SHARE)) * BATCH
  await writeAdds({ from: 0, until: warm, bodyBytes }, target)
  const before = process.cpuUsage()
  const counted = await writeAdds({ from: warm, until: messages, bodyBytes }, target)
  await target.flush()
  const { user, system } = process.cpuUsage(before)
  const cpuMicroseconds = (user + system - counted.makingMicroseconds) / (messages - warm)
  return { perSecond: counted.perSecond, cpuMicroseconds }
}

async function writeAdds<Batch>(
  { from, until, bodyBytes }: { readonly from: number; readonly until: number; readonly bodyBytes: number },
  target: IngestTarget<Batch>,
): Promise<{ readonly perSecond: number; readonly makingMicroseconds: number }> {
  const writing = new Stopwatch()
  let makingMicroseconds = 0
  for (let offset = from; offset < until; offset += BATCH) {
    const count = Math.min(BATCH, until - offset)
    // Only of this thread: the others work for the store meanwhile.
    const before = process.threadCpuUsage()
    const batch = target.prepare(addRecords(count, bodyBytes, offset))
    const { user, system } = process.threadCpuUsage(before)
    makingMicroseconds += user + system
    await writing.time(count, () => target.write(batch, offset + count))
  }
  return { perSecond: writing.perSecond, makingMicroseconds }
}
