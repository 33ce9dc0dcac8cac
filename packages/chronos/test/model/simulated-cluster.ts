import type { Health } from '@ddmq/common/lifecycle'
import {
  type Append,
  type AppendOutcome,
  type AssignmentListener,
  type CallOptions,
  type Capabilities,
  type JoinOptions,
  type LogAdmin,
  type LogCluster,
  type LogIdentity,
  type Membership,
  type PartitionId,
  type Position,
  type ReadLimits,
  type ReadResult,
  StorageError,
  type Transactor,
} from '@ddmq/storage'
import { SimulatedAdmin } from './simulated-admin.ts'
import type { SimulatedBrokers, WriteFault } from './simulated-brokers.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { isAnswer, readNow, waitForNews } from './simulated-read.ts'
import { SimulatedTransactor } from './simulated-transactor.ts'

const DEFAULT_DEADLINE_MS = 30_000
const LATE_MS = 3_000

/**
 * One process's connection to simulated brokers: a `LogCluster` in memory, where time is the test's and chance is its seed's. Each
 * request and each answer takes its time; a process that is paused gets its answers later, one that is dead never, but
 * what it had sent arrives all the same.
 */
export class SimulatedCluster implements LogCluster {
  readonly name: string
  readonly clusterName: string
  readonly admin: LogAdmin
  readonly capabilities: Capabilities
  readonly #brokers: SimulatedBrokers
  readonly #process: SimulatedProcess
  #isMember = false

  constructor(clusterName: string, brokers: SimulatedBrokers, process: SimulatedProcess) {
    this.name = `simulated-cluster:${clusterName}`
    this.clusterName = clusterName
    this.#brokers = brokers
    this.#process = process
    this.capabilities = {
      transactions: brokers.options.hasTransactions,
      compaction: true,
      commitMetadata: true,
      offsetByTime: true,
      addPartitions: true,
    }
    this.admin = new SimulatedAdmin(brokers, work => this.#ask(work))
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  health(): Health {
    return { ok: true }
  }

  async append(appends: readonly Append[], options: CallOptions): Promise<readonly AppendOutcome[]> {
    try {
      return await this.#call(options.deadlineMs, 'outcomeUnknown', () => this.#appendAll(appends))
    } catch (thrown) {
      const error = asStorageError(thrown)
      return appends.map(() => ({ error }))
    }
  }

  appendLane(): string {
    return this.clusterName
  }

  /** Without transactions each record is an append of its own, so that a fault may come between any two. */
  maxAppendBytes(): number {
    return this.capabilities.transactions ? Number.POSITIVE_INFINITY : 1
  }

  partitions(topic: string): readonly PartitionId[] {
    return this.#brokers.topic(topic).map(({ id }) => id)
  }

  async read(
    positions: readonly Position[],
    limits: ReadLimits,
    options: CallOptions,
  ): Promise<readonly ReadResult[]> {
    try {
      return await this.#call(options.deadlineMs, 'unavailable', async () => {
        const results = readNow(this.#brokers, positions, limits)
        if (limits.maxWaitMs <= 0 || isAnswer(positions, results)) return results
        await waitForNews(this.#brokers, positions, limits.maxWaitMs, options.signal)
        return readNow(this.#brokers, positions, limits)
      })
    } catch (thrown) {
      const error = asStorageError(thrown)
      return positions.map(({ topic, partition, offset }) => ({
        topic,
        partition,
        records: [],
        nextOffset: offset,
        endOffset: offset,
        error,
      }))
    }
  }

  async join(
    group: string,
    topics: readonly string[],
    listener: AssignmentListener,
    options: JoinOptions = {},
  ): Promise<Membership> {
    const { groups } = this.#brokers
    const process = this.#process
    this.#isMember = true
    await this.#arrival()
    const member = groups.join(group, topics, listener, { process, options })
    return {
      group,
      memberId: member.id,
      commit: offsets => this.#ask(() => groups.commit(member, offsets)),
      assignment: () => [...member.believed.values()],
      leave: async deadline => {
        await this.#arrival()
        await process.guard(groups.leave(member, deadline))
      },
    }
  }

  async transactor(id: string): Promise<Transactor> {
    if (!this.capabilities.transactions) throw new StorageError('invalid', 'there are no transactions')
    const epoch = await this.#ask(() => this.#brokers.transactions.open(id))
    return new SimulatedTransactor(id, {
      brokers: this.#brokers,
      epoch,
      call: (deadlineMs, handle) => this.#call(deadlineMs, 'outcomeUnknown', handle),
      process: this.#process,
    })
  }

  identity(topic: string, partition: PartitionId): Promise<LogIdentity> {
    return this.#ask(() => {
      const found = this.#brokers.partition(topic, partition)
      const { epoch, lastStableOffset, staleEnd } = found
      const endOffset = Math.min(lastStableOffset, staleEnd ?? lastStableOffset)
      return { topicId: found.topic.topicId, epoch, startOffset: 0, endOffset }
    })
  }

  endOfEpoch(topic: string, partition: PartitionId, epoch: number): Promise<number> {
    return this.#ask(() => this.#brokers.partition(topic, partition).endOfEpoch(epoch))
  }

  #appendAll(appends: readonly Append[]): readonly AppendOutcome[] {
    const fault = this.#takeFault()
    const append = (): readonly AppendOutcome[] => appends.map(one => this.#appendOne(one))
    if (fault === undefined) return append()
    if (fault === 'refused') throw new StorageError('retriable', 'the append was refused')
    if (fault === 'partlySent') {
      const error = new StorageError('retriable', 'a part was refused')
      return appends.map((one, place) => (place % 2 === 0 ? this.#appendOne(one) : { error }))
    }
    const { clock, random } = this.#brokers.options
    if (fault === 'storedLate') clock.schedule(random.below(LATE_MS), append)
    if (fault === 'storedUnknown' || fault === 'killedDecided') append()
    if (fault === 'killedOpen' || fault === 'killedDecided') this.#process.kill()
    throw new StorageError('outcomeUnknown', 'the answer to the append was lost')
  }

  #takeFault(): WriteFault | undefined {
    const isFiring = this.#isMember && !this.capabilities.transactions
    return isFiring ? this.#brokers.takeCommitFault() : this.#brokers.takeAppendFault()
  }

  #appendOne(append: Append): AppendOutcome {
    try {
      return { baseOffset: this.#brokers.append(append) }
    } catch (thrown) {
      return { error: asStorageError(thrown) }
    }
  }

  #ask<Value>(handle: () => Value | Promise<Value>): Promise<Value> {
    return this.#call(DEFAULT_DEADLINE_MS, 'unavailable', handle)
  }

  /** Joining and leaving are tried until they succeed. */
  #arrival(): Promise<void> {
    return new Promise(resolve => this.#brokers.carry(this.#process, () => this.#process.run(resolve)))
  }

  /** One request and its answer. What is on its way when the power fails is never answered. */
  #call<Value>(
    deadlineMs: number,
    kind: 'unavailable' | 'outcomeUnknown',
    handle: () => Value | Promise<Value>,
  ): Promise<Value> {
    const brokers = this.#brokers
    const process = this.#process
    const { generation } = brokers
    return new Promise((resolve, reject) => {
      if (!process.alive) return
      const give = (answer: () => void): void => {
        const writtenAt = brokers.writes
        brokers.carry(process, () =>
          process.run(() => {
            cancelDeadline()
            if (brokers.generation !== generation)
              return reject(new StorageError(kind, 'the connection broke'))
            brokers.promise(writtenAt)
            answer()
          }),
        )
      }
      const cancelDeadline = process.clock.schedule(Math.max(0, deadlineMs), () =>
        reject(new StorageError(kind, `no answer within ${deadlineMs} ms`)),
      )
      brokers.carry(process, () => {
        if (brokers.generation !== generation) return give(() => undefined)
        void settled(handle).then(answer =>
          give(() => ('error' in answer ? reject(answer.error) : resolve(answer.value))),
        )
      })
    })
  }
}

async function settled<Value>(
  handle: () => Value | Promise<Value>,
): Promise<{ readonly value: Value } | { readonly error: unknown }> {
  try {
    return { value: await handle() }
  } catch (error) {
    return { error }
  }
}

function asStorageError(thrown: unknown): StorageError {
  return thrown instanceof StorageError
    ? thrown
    : new StorageError('unavailable', String(thrown), { cause: thrown })
}
