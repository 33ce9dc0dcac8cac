import { setTimeout as delay } from 'node:timers/promises'
import { type LogCluster, StorageError, type StorageErrorKind, type Transactor } from '@ddmq/storage'
import { eventually } from '@ddmq/testkit'

const PATIENCE_MS = 90_000

export interface FirerWish {
  readonly cluster: LogCluster
  readonly id: string
  readonly group: string
  readonly topic: string
  readonly partitions: number
  readonly deadlineMs: number
}

/**
 * Writes the transactions 0, 1, 2, … of a given content, each with its number as progress of a group, and begins anew from
 * what the progress says after every error: the log then has each of them once, whatever happened.
 */
export class Firer {
  readonly #wish: FirerWish
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  readonly outcomes = new Map<StorageErrorKind | 'committed', number>()

  constructor(wish: FirerWish) {
    this.#wish = wish
    this.#done = this.#run()
  }

  get committed(): number {
    return this.outcomes.get('committed') ?? 0
  }

  get failures(): number {
    return [...this.outcomes].reduce((sum, [kind, count]) => (kind === 'committed' ? sum : sum + count), 0)
  }

  /** What became of the transactions. */
  get figures(): string {
    return [...this.outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ')
  }

  async untilCommitted(count: number): Promise<void> {
    await eventually(() => {
      if (this.committed < count) throw new Error(`only ${this.committed} transactions are committed`)
    }, PATIENCE_MS)
  }

  async untilFailures(count: number): Promise<void> {
    await eventually(() => {
      if (this.failures < count) throw new Error('nothing failed')
    }, PATIENCE_MS)
  }

  /** Resolves with how many transactions the progress counts. */
  async stop(): Promise<number> {
    this.#stop.abort()
    await this.#done
    // The last one, whose outcome may be unknown, is decided by whoever opens the id next.
    const transactor = await this.#wish.cluster.transactor(this.#wish.id)
    const progress = await this.#progress()
    await transactor.close()
    return progress
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let transactor: Transactor | undefined
      try {
        transactor = await this.#wish.cluster.transactor(this.#wish.id)
        await this.#fire(transactor, await this.#progress())
      } catch (thrown) {
        const kind = thrown instanceof StorageError ? thrown.kind : 'corrupt'
        this.#count(kind)
        await delay(20)
      }
      await transactor?.close()
    }
  }

  async #fire(transactor: Transactor, from: number): Promise<void> {
    const { topic, group, deadlineMs } = this.#wish
    for (let number = from; !this.#stop.signal.aborted; number++) {
      const offsets = [{ topic, partition: '0', offset: number + 1, metadata: `after ${number}` }]
      await transactor.commit(this.#appends(number), { deadlineMs, offsets: { group, offsets } })
      this.#count('committed')
    }
  }

  #appends(number: number) {
    const { topic, partitions } = this.#wish
    return Array.from({ length: partitions }, (_, partition) => ({
      topic,
      partition: `${partition}`,
      records: [{ key: null, value: Buffer.from(`${number}`), headers: [], timestampMs: Date.now() }],
    }))
  }

  async #progress(): Promise<number> {
    const { cluster, group, topic } = this.#wish
    const [committed] = await cluster.admin.committed(group, topic)
    return committed?.offset ?? 0
  }

  #count(outcome: StorageErrorKind | 'committed'): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }
}
