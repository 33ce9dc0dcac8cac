import {
  type Append,
  type AppendOutcome,
  type AssignmentListener,
  type CallOptions,
  type JoinOptions,
  type LogCluster,
  type Position,
  type ReadLimits,
  StorageError,
} from '@ddmq/storage'

/**
 * A real cluster behind gates: while one is shut, appends through it wait; chosen partitions can be made to fail. Each
 * partition is a lane of its own, as if each had another leader.
 */
export class GatedCluster implements LogCluster {
  readonly name
  readonly clusterName
  readonly capabilities
  readonly admin
  readonly #real: LogCluster
  #gate = Promise.withResolvers<void>()
  readonly #shutPartitions = new Map<string, PromiseWithResolvers<void>>()
  #failing: (append: Append) => StorageError | undefined = () => undefined
  /** Append calls that arrived, open or shut. */
  appendCalls = 0
  identityCalls = 0
  /** Of every record that arrived, open or shut. */
  readonly arrived: string[] = []
  /** Topics whose partitions were asked for. */
  readonly asked = new Set<string>()
  onArrival: (partition: string) => void = () => undefined
  /** Before it, nobody is told the partitions of a topic. */
  partitionsGate: Promise<void> | undefined

  constructor(real: LogCluster) {
    this.#real = real
    this.name = real.name
    this.clusterName = real.clusterName
    this.capabilities = real.capabilities
    this.admin = real.admin
    this.#gate.resolve()
  }

  shut(): void {
    this.#gate = Promise.withResolvers<void>()
  }
  open(): void {
    this.#gate.resolve()
    for (const gate of this.#shutPartitions.values()) gate.resolve()
    this.#shutPartitions.clear()
  }
  /** Only the leaders of these are silent. */
  shutPartitions(...partitions: string[]): void {
    for (const partition of partitions) this.#shutPartitions.set(partition, Promise.withResolvers())
  }
  openPartition(partition: string): void {
    this.#shutPartitions.get(partition)?.resolve()
    this.#shutPartitions.delete(partition)
  }
  fail(failing: (append: Append) => StorageError | undefined): void {
    this.#failing = failing
  }

  async append(appends: readonly Append[], options: CallOptions): Promise<readonly AppendOutcome[]> {
    this.appendCalls++
    for (const { partition, records } of appends) {
      this.arrived.push(...records.map(() => partition))
      this.onArrival(partition)
    }
    await this.#gate.promise
    const outcomes: AppendOutcome[] = []
    for (const append of appends) {
      await this.#shutPartitions.get(append.partition)?.promise
      const error = this.#failing(append)
      const [stored] = error === undefined ? await this.#real.append([append], options) : [{ error }]
      outcomes.push(stored ?? { error: new StorageError('corrupt', 'no outcome') })
    }
    return outcomes
  }

  start(abort: AbortSignal) {
    return this.#real.start(abort)
  }
  stop(deadline: AbortSignal) {
    return this.#real.stop(deadline)
  }
  appendLane(topic: string, partition: string) {
    return `${this.#real.appendLane(topic, partition)}/${partition}`
  }
  partitions(topic: string) {
    this.asked.add(topic)
    if (this.partitionsGate === undefined) return this.#real.partitions(topic)
    return this.partitionsGate.then(() => this.#real.partitions(topic))
  }
  read(positions: readonly Position[], limits: ReadLimits, options: CallOptions) {
    return this.#real.read(positions, limits, options)
  }
  join(group: string, topics: readonly string[], listener: AssignmentListener, options?: JoinOptions) {
    return this.#real.join(group, topics, listener, options)
  }
  transactor(id: string) {
    return this.#real.transactor(id)
  }
  identity(topic: string, partition: string) {
    this.identityCalls++
    return this.#real.identity(topic, partition)
  }
  endOfEpoch(topic: string, partition: string, epoch: number) {
    return this.#real.endOfEpoch(topic, partition, epoch)
  }
}
