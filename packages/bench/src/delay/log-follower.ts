import type { LogCluster, Position, StoredRecord } from '@ddmq/storage'

const LIMITS = { maxBytes: 4 * 1024 * 1024, maxWaitMs: 500 }
const CALL_MS = 30_000

/** Reads what comes into a topic, read-committed, from the moment it was opened until it is disposed of. */
export class LogFollower implements AsyncDisposable {
  readonly #over = new AbortController()
  readonly #running: Promise<void>

  private constructor(reading: (signal: AbortSignal) => Promise<void>) {
    this.#running = reading(this.#over.signal)
    this.#running.catch(() => undefined) // Told to whoever disposes of it.
  }

  static async open(
    cluster: LogCluster,
    topic: string,
    take: (records: readonly StoredRecord[]) => void,
  ): Promise<LogFollower> {
    const ends = await cluster.admin.offsets(topic, 'latest')
    const positions = ends.map(({ partition, offset }) => ({ topic, partition, offset }))
    return new LogFollower(signal => follow(cluster, positions, { take, signal }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#running
  }
}

interface Following {
  readonly take: (records: readonly StoredRecord[]) => void
  readonly signal: AbortSignal
}

async function follow(
  cluster: LogCluster,
  from: readonly Position[],
  { take, signal }: Following,
): Promise<void> {
  let positions = from
  while (!signal.aborted) {
    try {
      positions = await readOn(cluster, positions, { take, signal })
    } catch (thrown) {
      if (!signal.aborted) throw thrown
    }
  }
}

async function readOn(
  cluster: LogCluster,
  positions: readonly Position[],
  { take, signal }: Following,
): Promise<readonly Position[]> {
  const results = await cluster.read(positions, LIMITS, { deadlineMs: CALL_MS, signal })
  return results.map(({ topic, partition, records, nextOffset, error }) => {
    if (error !== undefined) throw error
    take(records)
    return { topic, partition, offset: nextOffset }
  })
}
