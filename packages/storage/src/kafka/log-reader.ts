import type { CallOptions, LogIdentity, Position, ReadLimits, ReadResult } from '../port/cluster.ts'
import type { PartitionId } from '../port/record.ts'
import type { KafkaClient } from './kafka-client.ts'

export class LogReader {
  readonly #client: KafkaClient

  constructor(client: KafkaClient) {
    this.#client = client
  }

  async read(
    _positions: readonly Position[],
    _limits: ReadLimits,
    _options: CallOptions,
  ): Promise<readonly ReadResult[]> {
    throw new Error(`not yet ${this.#client.clusterName}`)
  }

  async identity(_topic: string, _partition: PartitionId): Promise<LogIdentity> {
    throw new Error(`not yet ${this.#client.clusterName}`)
  }
}
