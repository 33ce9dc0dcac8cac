import { setTimeout as delay } from 'node:timers/promises'
import {
  type AssignedPartition,
  type AssignmentListener,
  type LogCluster,
  type Membership,
  StorageError,
  type TopicPartition,
} from '@ddmq/storage'
import type { MemberEvent } from './member-events.ts'

const READ = { maxBytes: 1_000_000, maxWaitMs: 200 }

interface Consumption {
  readonly stop: AbortController
  readonly done: Promise<void>
}

/** A member that reads what it is given, from the committed position, and commits after every read. */
export class ConsumingMember implements AssignmentListener {
  readonly #cluster: LogCluster
  readonly #name: string
  readonly #emit: (event: MemberEvent) => void
  readonly #consumptions = new Map<string, Consumption>()
  membership: Membership | undefined

  constructor(cluster: LogCluster, name: string, emit: (event: MemberEvent) => void) {
    this.#cluster = cluster
    this.#name = name
    this.#emit = emit
  }

  async join(group: string, topics: readonly string[]): Promise<void> {
    this.membership = await this.#cluster.join(group, topics, this)
  }

  async assigned(partitions: readonly AssignedPartition[]): Promise<void> {
    for (const { topic, partition, committed } of partitions) {
      const offset = committed?.offset ?? 0
      this.#tell('assigned', { topic, partition }, { offset })
      const stop = new AbortController()
      const done = this.#consume({ topic, partition }, offset, stop.signal)
      this.#consumptions.set(`${topic}/${partition}`, { stop, done })
    }
  }

  async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    await Promise.all(partitions.map(at => this.#end(at)))
    for (const at of partitions) this.#tell('released', at)
  }

  lost(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) {
      void this.#end(at)
      this.#tell('lost', at)
    }
  }

  async #end({ topic, partition }: TopicPartition): Promise<void> {
    const name = `${topic}/${partition}`
    const consumption = this.#consumptions.get(name)
    this.#consumptions.delete(name)
    consumption?.stop.abort()
    await consumption?.done
  }

  async #consume(at: TopicPartition, from: number, stop: AbortSignal): Promise<void> {
    let offset = from
    while (!stop.aborted) {
      try {
        const call = { deadlineMs: 5_000, signal: stop }
        const [result] = await this.#cluster.read([{ ...at, offset }], READ, call)
        if (result?.error !== undefined) throw result.error
        if (result === undefined || result.nextOffset === offset) continue
        for (const { offset: read, value } of result.records) {
          this.#tell('consumed', at, { offset: read, value: Buffer.from(value ?? '').toString() })
        }
        await this.membership?.commit([{ ...at, offset: result.nextOffset, metadata: this.#name }])
        offset = result.nextOffset
      } catch (thrown) {
        if (thrown instanceof StorageError && thrown.kind === 'fenced') {
          this.#tell('refused', at, { offset })
          return
        }
        await delay(50)
      }
    }
  }

  #tell(
    what: MemberEvent['what'],
    { topic, partition }: TopicPartition,
    more: { readonly offset?: number; readonly value?: string } = {},
  ): void {
    this.#emit({ atMs: Date.now(), member: this.#name, what, partition: `${topic}/${partition}`, ...more })
  }
}
