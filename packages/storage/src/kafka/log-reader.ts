/** Hot path: once per read and position. */
import type { CallOptions, LogIdentity, Position, ReadLimits, ReadResult } from '../port/cluster.ts'
import type { PartitionId } from '../port/record.ts'
import { Fetcher } from './fetcher.ts'
import type { KafkaClient } from './kafka-client.ts'
import { offsetOfPartition } from './list-offsets.ts'
import { ReadCall } from './read-call.ts'
import { ReplicaChoice } from './replica-choice.ts'
import { SettledLeaders } from './settled-leaders.ts'

/** Reads without a group: a long poll at the leader of each position, or at a replica nearby. */
export class LogReader {
  readonly #client: KafkaClient
  readonly #fetcher: Fetcher
  readonly #replicas: ReplicaChoice
  readonly #leaders: SettledLeaders

  constructor(client: KafkaClient) {
    this.#client = client
    this.#fetcher = new Fetcher(client)
    this.#replicas = new ReplicaChoice(client)
    this.#leaders = new SettledLeaders(client)
  }

  read(
    positions: readonly Position[],
    limits: ReadLimits,
    options: CallOptions,
  ): Promise<readonly ReadResult[]> {
    const deps = {
      client: this.#client,
      fetcher: this.#fetcher,
      replicas: this.#replicas,
      leaders: this.#leaders,
    }
    return new ReadCall(positions, { limits, options }, deps).run()
  }

  async identity(topic: string, partition: PartitionId): Promise<LogIdentity> {
    const index = Number(partition)
    const metadata = await this.#client.persist(`topic ${topic}`, () =>
      this.#client.metadata.topicWith(topic, partition),
    )
    const [startOffset, endOffset] = await Promise.all([
      offsetOfPartition(this.#client, topic, { index, at: 'earliest' }),
      offsetOfPartition(this.#client, topic, { index, at: 'latest' }),
    ])
    const now = this.#client.metadata.cached(topic) ?? metadata
    return { topicId: now.topicId, epoch: now.partitions[index]?.leaderEpoch ?? 0, startOffset, endOffset }
  }
}
