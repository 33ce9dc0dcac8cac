import type { Clock } from '@ddmq/common/clock'
import {
  type Append,
  StorageError,
  type StorageErrorKind,
  type TopicPartition,
  type TopicSpec,
} from '@ddmq/storage'
import type { SeededRandom } from './seeded-random.ts'
import { SimulatedGroups } from './simulated-groups.ts'
import { SimulatedPartition, type Stamp } from './simulated-partition.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { SimulatedTransactions } from './simulated-transactions.ts'

export interface BrokerOptions {
  /** The true time. */
  readonly clock: Clock
  readonly random: SeededRandom
  /** How long a message between a process and a broker takes; 0 is at once. */
  readonly latencyMs: () => number
  readonly sessionTimeoutMs: number
  /** How long a member may finish what it has in flight when a partition is taken from it. */
  readonly drainMs: number
  /** An open transaction is aborted when it is so old. */
  readonly transactionTimeoutMs: number
  readonly hasTransactions: boolean
}

/**
 * What happens to the next commit, or append, that reaches the brokers. Where there are no transactions, appends of members of a group
 * take the place of commits.
 */
export type WriteFault =
  /** Nothing is stored, and the answer says so. */
  | 'refused'
  /** A part is sent and stays there, open, until somebody opens the transactor. Appends: some are refused. */
  | 'partlySent'
  /** All is stored, the answer is lost. */
  | 'storedUnknown'
  /** The answer is lost and the decision comes late, unless the transactor is opened before. Appends: come late. */
  | 'storedLate'
  /** The answer is lost and so is the write. */
  | 'lostUnknown'
  /** The process is killed when everything was sent, before or after the decision. Appends: before or after they are stored. */
  | 'killedOpen'
  | 'killedDecided'

/** Why an append is refused; undefined: it is not. */
export type RefusalRule = (append: Append) => StorageErrorKind | undefined

/** A record as its consumers see it, and when it could first be read. */
export interface ReadableRecord {
  readonly topic: string
  readonly partition: string
  readonly offset: number
  readonly key: string
  readonly value: Uint8Array | null
  readonly headers: readonly { readonly name: string; readonly value: Uint8Array }[]
  /** True time. */
  readonly readableMs: number
}

/** The servers of one broker cluster: what is stored, who holds what, and the faults that a test asks for. */
export class SimulatedBrokers {
  readonly options: BrokerOptions
  readonly groups: SimulatedGroups
  readonly transactions: SimulatedTransactions
  readonly #topics = new Map<string, SimulatedPartition[]>()
  readonly #refused = new Map<string, StorageErrorKind>()
  #rule: RefusalRule = () => undefined
  readonly #slow = new Map<SimulatedProcess, number>()
  #writes = 0
  /** Everything up to here was answered to somebody: a cluster that syncs its disks cannot lose it. */
  #promised = 0
  /** Grows when the power fails: what was on its way then is never answered. */
  #generation = 0
  #topicsMade = 0
  #commitFault: WriteFault | undefined
  #appendFault: WriteFault | undefined

  constructor(options: BrokerOptions) {
    this.options = options
    this.groups = new SimulatedGroups(this)
    this.transactions = new SimulatedTransactions(options, () => this.#stamp())
  }

  get generation(): number {
    return this.#generation
  }

  // --- topics

  createTopic(spec: TopicSpec): void {
    const refused = this.#refused.get(spec.topic)
    if (refused !== undefined) throw new StorageError(refused, `topic ${spec.topic} may not be made`)
    if (this.#topics.has(spec.topic)) throw new StorageError('topicExists', `topic ${spec.topic} exists`)
    const topic = { ...spec, topicId: `topic-${++this.#topicsMade}` }
    this.#topics.set(spec.topic, partitionsOf(topic, 0, spec.partitions))
    this.groups.rebalance()
  }

  growTopic(topic: string, partitions: number): void {
    const found = this.topic(topic)
    const [first] = found
    if (first === undefined) return
    const spec = { ...first.topic, partitions }
    this.#topics.set(topic, [...found, ...partitionsOf(spec, found.length, partitions)])
    this.groups.rebalance()
  }

  deleteTopic(topic: string): void {
    const found = this.topic(topic)
    this.#topics.delete(topic)
    for (const partition of found) partition.wake()
    this.groups.rebalance()
  }

  topicNames(): readonly string[] {
    return [...this.#topics.keys()]
  }

  /** Throws `unknownTopic`. */
  topic(topic: string): readonly SimulatedPartition[] {
    const found = this.#topics.get(topic)
    if (found === undefined) throw new StorageError('unknownTopic', `topic ${topic} does not exist`)
    return found
  }

  partition(topic: string, partition: string): SimulatedPartition {
    const found = this.topic(topic).find(({ id }) => id === partition)
    if (found === undefined)
      throw new StorageError('unknownTopic', `topic ${topic} has no partition ${partition}`)
    return found
  }

  // --- writes

  /** Throws what a broker would refuse it for. Answers the offset of the first record. */
  append(append: Append): number {
    const partition = this.#checked(append)
    return partition.write(append.records, this.#stamp())
  }

  takeAppendFault(): WriteFault | undefined {
    const fault = this.#appendFault
    this.#appendFault = undefined
    return fault
  }

  peekCommitFault(): WriteFault | undefined {
    return this.#commitFault
  }

  takeCommitFault(): WriteFault | undefined {
    const fault = this.#commitFault
    this.#commitFault = undefined
    return fault
  }

  /** Nothing is stored if any append is refused. */
  writeInTransaction(id: string, epoch: number, appends: readonly Append[]): readonly number[] {
    const parts = appends.map(append => ({ partition: this.#checked(append), records: append.records }))
    return this.transactions.write(id, epoch, parts)
  }

  // --- messages between processes and brokers

  /** Runs it when the message has arrived. */
  carry(process: SimulatedProcess, arrived: () => void): void {
    const { clock, latencyMs, random } = this.options
    const slowMs = this.#slow.get(process) ?? 0
    const ms = latencyMs() + (slowMs > 0 ? random.below(slowMs) : 0)
    if (ms > 0) clock.schedule(ms, arrived)
    else queueMicrotask(arrived)
  }

  /** What is written now is known to somebody. */
  promise(writtenAt = this.#writes): void {
    this.#promised = Math.max(this.#promised, writtenAt)
  }

  get writes(): number {
    return this.#writes
  }

  // --- faults

  failNextCommit(fault: WriteFault): void {
    this.#commitFault = fault
  }

  failNextAppend(fault: WriteFault): void {
    this.#appendFault = fault
  }

  /** Transactions and appends that touch the topic are refused for that reason, and so is making it, until `accept`. */
  refuse(topic: string, kind: StorageErrorKind): void {
    this.#refused.set(topic, kind)
  }

  accept(topic: string): void {
    this.#refused.delete(topic)
  }

  /** The same for single appends that the rule refuses, until there is another rule. */
  refuseWhere(rule: RefusalRule): void {
    this.#rule = rule
  }

  /** Messages of the process take up to so much longer. */
  slow(process: SimulatedProcess, upToMs: number): void {
    this.#slow.set(process, upToMs)
  }

  /** `share`: of the log, 0 to 1. */
  compact(topic: string, partition: string, share: number): void {
    const found = this.partition(topic, partition)
    const keptMs = found.topic.tombstoneRetentionMs ?? 86_400_000
    const below = Math.ceil(found.endOffset * share)
    found.compact(below, this.options.clock.nowMs() - keptMs, ++this.#writes)
  }

  elect(topic: string, partition: string): void {
    this.partition(topic, partition).elect()
  }

  /** From now on `identity` answers ends that are older, and reads that may come from a replica lag behind as much. */
  makeStale(topic: string, partition: string, records: number): void {
    const found = this.partition(topic, partition)
    found.staleEnd = Math.max(0, found.endOffset - records)
    found.replicaEnd = found.staleEnd
  }

  /**
   * All machines lose power at once and come back. A share of the writes that were promised to nobody is gone; with
   * `withPromised` a share of the last of all writes, as with disks that are not synced. What is left is a beginning of what was written.
   * With `breaksConnections` false other machines took over that had not got all, and nobody's connection broke.
   */
  losePower(share: number, withPromised: number, breaksConnections = true): void {
    const safe = Math.max(0, Math.min(this.#promised, this.#writes) - withPromised)
    const writtenAt = this.#writes - Math.floor((this.#writes - safe) * share)
    if (breaksConnections) this.#generation++
    this.transactions.restart(writtenAt)
    for (const partition of this.#partitions()) partition.cutAfter(writtenAt)
    this.#writes++
    this.#promised = Math.min(this.#promised, writtenAt)
  }

  healStale(): void {
    for (const partition of this.#partitions()) {
      partition.staleEnd = undefined
      partition.replicaEnd = undefined
    }
  }

  healAll(): void {
    this.healStale()
    this.#refused.clear()
    this.#rule = () => undefined
    this.transactions.delayMarkers()
    this.#slow.clear()
    this.#commitFault = undefined
    this.#appendFault = undefined
  }

  // --- what a checker sees

  readable(topic: string): readonly ReadableRecord[] {
    return (this.#topics.get(topic) ?? []).flatMap(partition =>
      [...partition.committed()].map(({ offset, record: { key, value, headers }, readableMs }) => ({
        topic,
        partition: partition.id,
        offset,
        key: key === null ? '' : Buffer.from(key).toString('latin1'),
        value,
        headers,
        readableMs,
      })),
    )
  }

  /** Throws for the kind of the first that is refused, and names all of that kind. */
  checkAll(appends: readonly Append[], others: readonly TopicPartition[]): void {
    const refusals: StorageError[] = []
    const attempt = (check: () => unknown): void => {
      try {
        check()
      } catch (thrown) {
        if (thrown instanceof StorageError) refusals.push(thrown)
        else throw thrown
      }
    }
    for (const append of appends) attempt(() => this.#checked(append))
    for (const { topic, partition } of others) attempt(() => this.#found(topic, partition))
    const [first] = refusals
    if (first === undefined) return
    const topics = refusals
      .filter(({ kind }) => kind === first.kind)
      .flatMap(({ details }) => details['topics'] ?? [])
    throw new StorageError(first.kind, first.message, { details: { topics } })
  }

  #checked(append: Append): SimulatedPartition {
    const { topic, partition, records } = append
    const kind = this.#refused.get(topic) ?? this.#rule(append)
    if (kind !== undefined)
      throw new StorageError(kind, `topic ${topic} is refused`, { details: { topics: [topic] } })
    const found = this.#found(topic, partition)
    if (records.length === 0) {
      throw new StorageError('invalid', `append to ${topic} has no records`, { details: { topics: [topic] } })
    }
    if (found.topic.compacted && records.some(({ key }) => key === null)) {
      throw new StorageError('invalid', `topic ${topic} is compacted: a record has no key`)
    }
    if (records.some(({ value }) => (value?.length ?? 0) > 8 * 1024 * 1024)) {
      throw new StorageError('tooLarge', `a record to ${topic} is too large`, {
        details: { topics: [topic] },
      })
    }
    return found
  }

  #found(topic: string, partition: string): SimulatedPartition {
    const found = this.#topics.get(topic)?.find(({ id }) => id === partition)
    if (found !== undefined) return found
    throw new StorageError('unknownTopic', `there is no ${topic}/${partition}`, {
      details: { topics: [topic] },
    })
  }

  #stamp(): Stamp {
    return { writtenAt: ++this.#writes, writtenMs: this.options.clock.nowMs() }
  }

  *#partitions(): Generator<SimulatedPartition> {
    for (const partitions of this.#topics.values()) yield* partitions
  }
}

function partitionsOf(
  topic: TopicSpec & { readonly topicId: string },
  from: number,
  to: number,
): SimulatedPartition[] {
  return Array.from({ length: to - from }, (_, index) => new SimulatedPartition(topic, String(from + index)))
}
