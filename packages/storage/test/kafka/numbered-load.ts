import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { AppendBatcher, type LogCluster, type StoredRecord } from '@ddmq/storage'

const DEADLINE_MS = 90_000
const AT_ONCE = 10

/**
 * Appends the numbers 0, 1, 2, … to every partition of a topic through the batcher, ten calls at a time in each, until it is
 * stopped, and checks the log against what it was told.
 */
export class NumberedLoad {
  readonly #cluster: LogCluster
  readonly #topic: string
  readonly #batcher: AppendBatcher
  readonly #workers = new Map<string, Promise<void>>()
  /** By partition, the offset that was acknowledged for each number. */
  readonly #acknowledged = new Map<string, Map<number, number>>()
  readonly failures: unknown[] = []
  #isStopped = false

  constructor(cluster: LogCluster, topic: string) {
    this.#cluster = cluster
    this.#topic = topic
    this.#batcher = new AppendBatcher({ cluster, clock: systemClock, budget: new ByteBudget(100_000_000) })
  }

  /** Begins with the partitions that it does not serve yet. */
  async start(): Promise<void> {
    for (const partition of await this.#cluster.partitions(this.#topic)) {
      if (this.#workers.has(partition)) continue
      this.#acknowledged.set(partition, new Map())
      this.#workers.set(partition, this.#work(partition))
    }
  }

  /** How many numbers each partition has acknowledged; the smallest of them. */
  get least(): number {
    return Math.min(...Array.from(this.#acknowledged.values(), ({ size }) => size))
  }

  get count(): number {
    return Array.from(this.#acknowledged.values()).reduce((sum, { size }) => sum + size, 0)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#workers.values())
    await this.#batcher.stop(AbortSignal.timeout(DEADLINE_MS))
  }

  /** What is wrong with the log: numbers lost, stored twice, out of order, or not at the offset that was acknowledged. */
  async problems(): Promise<readonly string[]> {
    const problems: string[] = []
    for (const [partition, acknowledged] of this.#acknowledged) {
      const stored = await readEverything(this.#cluster, this.#topic, partition)
      const numbers = stored.map(({ value }) => Number(Buffer.from(value ?? '').toString()))
      const offsetOf = new Map(stored.map(({ offset }, place) => [numbers[place], offset]))
      const where = `partition ${partition}`
      for (const [number, offset] of acknowledged) {
        const found = offsetOf.get(number)
        if (found === undefined) problems.push(`${where} lost ${number}`)
        else if (found !== offset) problems.push(`${where} has ${number} at ${found}, not at ${offset}`)
      }
      if (offsetOf.size !== numbers.length) {
        problems.push(`${where} has ${numbers.length - offsetOf.size} numbers twice`)
      }
      const known = numbers.filter(number => acknowledged.has(number))
      if (known.some((number, place) => place > 0 && number < (known[place - 1] ?? 0))) {
        problems.push(`${where} is out of order`)
      }
    }
    return problems
  }

  async #work(partition: string): Promise<void> {
    for (let next = 0; !this.#isStopped; next += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => this.#send(partition, next + index)))
    }
  }

  async #send(partition: string, number: number): Promise<void> {
    const record = { key: null, value: Buffer.from(`${number}`), headers: [], timestampMs: Date.now() }
    try {
      const offset = await this.#batcher.append(this.#topic, partition, record, { deadlineMs: DEADLINE_MS })
      this.#acknowledged.get(partition)?.set(number, offset)
    } catch (thrown) {
      this.failures.push(thrown)
    }
  }
}

async function readEverything(
  cluster: LogCluster,
  topic: string,
  partition: string,
): Promise<readonly StoredRecord[]> {
  const { startOffset, endOffset } = await cluster.identity(topic, partition)
  const records: StoredRecord[] = []
  for (let offset = startOffset; offset < endOffset; ) {
    const limits = { maxBytes: 4_000_000, maxWaitMs: 1_000 }
    const [result] = await cluster.read([{ topic, partition, offset }], limits, { deadlineMs: 30_000 })
    if (result?.error !== undefined) throw result.error
    records.push(...(result?.records ?? []))
    offset = result?.nextOffset ?? offset
  }
  return records
}
