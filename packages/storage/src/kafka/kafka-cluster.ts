import type { Health } from '@ddmq/common/lifecycle'
import { StorageError } from '../errors.ts'
import type { LogAdmin } from '../port/admin.ts'
import type {
  Append,
  AppendOutcome,
  CallOptions,
  Capabilities,
  LogCluster,
  LogIdentity,
  Position,
  ReadLimits,
  ReadResult,
} from '../port/cluster.ts'
import type { AssignmentListener, JoinOptions, Membership } from '../port/membership.ts'
import type { PartitionId } from '../port/record.ts'
import type { Transactor } from '../port/transactor.ts'
import { endOfEpoch } from './epoch-end.ts'
import { GroupAdmin } from './group-admin.ts'
import { Groups } from './groups.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { KafkaClient } from './kafka-client.ts'
import { openTransactor } from './kafka-transactor.ts'
import { LogReader } from './log-reader.ts'
import type { KafkaClusterOptions } from './options.ts'
import { KafkaProducer } from './producer.ts'
import { StartChecks } from './start-checks.ts'

/** A partition of which the leader is not known yet. */
const NO_LEADER = 'none'

/** What is made by a start and gone after a stop. */
interface Running {
  readonly client: KafkaClient
  readonly producer: KafkaProducer
  readonly reader: LogReader
  readonly checks: StartChecks
  readonly groups: Groups
  readonly groupAdmin: GroupAdmin
}

/** A Kafka cluster: the port over `@platformatic/kafka`'s protocol, with routing, retries and reads of our own (ADR 0007). */
export class KafkaCluster implements LogCluster {
  readonly name: string
  readonly clusterName: string
  readonly admin: LogAdmin
  readonly capabilities: Capabilities = {
    transactions: true,
    compaction: true,
    commitMetadata: true,
    offsetByTime: true,
    addPartitions: true,
  }
  readonly #options: KafkaClusterOptions
  #running: Running | undefined

  constructor(options: KafkaClusterOptions) {
    this.name = `kafka-cluster:${options.clusterName}`
    this.clusterName = options.clusterName
    this.#options = options
    this.admin = new KafkaAdmin(() => this.#parts())
  }

  /**
   * Resolves also when no broker answers: it is tried on, and `health` says why nothing works meanwhile. Rejects when the
   * cluster answers and is not the one that the settings ask for.
   */
  async start(abort?: AbortSignal): Promise<void> {
    const client = new KafkaClient(this.#options)
    const checks = new StartChecks(client)
    try {
      await checks.first(abort)
    } catch (thrown) {
      await client.close()
      throw thrown
    }
    client.open()
    checks.open()
    const groupAdmin = new GroupAdmin(client)
    this.#running = {
      client,
      checks,
      producer: new KafkaProducer(client),
      reader: new LogReader(client),
      groups: new Groups(client, groupAdmin.idle),
      groupAdmin,
    }
  }

  /** Refuses new calls and ends what waits. Records under way are answered as far as that is known. */
  async stop(deadline?: AbortSignal): Promise<void> {
    const running = this.#running
    this.#running = undefined
    if (running === undefined) return
    const idle = running.groupAdmin.idle.close()
    await running.groups.close()
    await running.producer.close(deadline)
    await running.client.close()
    await Promise.all([running.checks.close(), idle])
  }

  health(): Health {
    return this.#running?.client.health.current() ?? { ok: false, reason: 'not started' }
  }

  async append(appends: readonly Append[], options: CallOptions): Promise<readonly AppendOutcome[]> {
    return this.#parts().producer.append(appends, options)
  }

  /**
   * One lane for each leader: a broker answers one request after the other, and each carries all its partitions. A
   * partition that fails has its own, so that the others do not wait for it.
   */
  appendLane(topic: string, partition: PartitionId): string {
    const found = this.#running?.client.metadata.cached(topic)?.partitions[Number(partition)]
    if (found === undefined) return NO_LEADER
    return this.#running?.producer.isFailing(topic, partition) ? `${topic}/${partition}` : `${found.leader}`
  }

  /** An append is one batch, and a topic has a limit for those (`max.message.bytes`). */
  maxAppendBytes(topic: string): number {
    return this.#running?.client.policies.appendBytes(topic) ?? 0
  }

  partitions(topic: string): readonly PartitionId[] | Promise<readonly PartitionId[]> {
    const { metadata } = this.#parts().client
    return (
      metadata.cached(topic)?.partitionIds ?? metadata.topic(topic).then(({ partitionIds }) => partitionIds)
    )
  }

  async read(
    positions: readonly Position[],
    limits: ReadLimits,
    options: CallOptions,
  ): Promise<readonly ReadResult[]> {
    return this.#parts().reader.read(positions, limits, options)
  }

  async join(
    group: string,
    topics: readonly string[],
    listener: AssignmentListener,
    options: JoinOptions = {},
  ): Promise<Membership> {
    return this.#parts().groups.join(group, topics, { listener, ...options })
  }

  async transactor(id: string): Promise<Transactor> {
    return openTransactor(this.#parts().client, id)
  }

  async identity(topic: string, partition: PartitionId): Promise<LogIdentity> {
    return this.#parts().reader.identity(topic, partition)
  }

  async endOfEpoch(topic: string, partition: PartitionId, epoch: number): Promise<number> {
    return endOfEpoch(this.#parts().client, { topic, partition }, epoch)
  }

  #parts(): Running {
    if (this.#running === undefined) throw new StorageError('unavailable', `${this.name} is not running`)
    return this.#running
  }
}
