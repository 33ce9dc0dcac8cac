import type {
  GroupLag,
  GroupMember,
  LogAdmin,
  PartitionOffset,
  TimePoint,
  TopicDescription,
  TopicSpec,
  TransactionSupport,
} from '../port/admin.ts'
import type { CommittedOffset } from '../port/membership.ts'
import type { GroupAdmin } from './group-admin.ts'
import type { KafkaClient } from './kafka-client.ts'
import { offsetsOf } from './list-offsets.ts'
import { TopicAdmin } from './topic-admin.ts'
import { transactionSupport } from './transaction-support.ts'

/** Topics, offsets and groups of a Kafka cluster. */
export class KafkaAdmin implements LogAdmin {
  readonly #parts: () => { readonly client: KafkaClient; readonly groupAdmin: GroupAdmin }

  /** `parts` throws `unavailable` while the cluster is not running. */
  constructor(parts: () => { readonly client: KafkaClient; readonly groupAdmin: GroupAdmin }) {
    this.#parts = parts
  }

  async createTopic(spec: TopicSpec): Promise<TopicDescription> {
    return this.#topics().create(spec)
  }

  async setPartitionCount(topic: string, partitions: number): Promise<void> {
    await this.#topics().setPartitionCount(topic, partitions)
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#topics().delete(topic)
  }

  async listTopics(): Promise<readonly string[]> {
    return this.#topics().list()
  }

  async describeTopic(topic: string): Promise<TopicDescription | undefined> {
    return this.#topics().describe(topic)
  }

  async describeTransactions(): Promise<TransactionSupport> {
    return transactionSupport(this.#parts().client)
  }

  async offsets(topic: string, at: TimePoint): Promise<readonly PartitionOffset[]> {
    return offsetsOf(this.#parts().client, topic, at)
  }

  async listGroups(): Promise<readonly string[]> {
    return this.#parts().groupAdmin.list()
  }

  async committed(group: string, topic?: string): Promise<readonly CommittedOffset[]> {
    return this.#parts().groupAdmin.committed(group, topic)
  }

  async setCommitted(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#parts().groupAdmin.setCommitted(group, offsets)
  }

  async lag(group: string, topic: string): Promise<readonly GroupLag[]> {
    return this.#parts().groupAdmin.lag(group, topic)
  }

  async deleteGroup(group: string): Promise<void> {
    await this.#parts().groupAdmin.delete(group)
  }

  async members(group: string): Promise<readonly GroupMember[]> {
    return this.#parts().groupAdmin.members(group)
  }

  #topics(): TopicAdmin {
    return new TopicAdmin(this.#parts().client)
  }
}
