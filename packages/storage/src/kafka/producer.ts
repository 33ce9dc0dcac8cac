import type { Append, AppendOutcome, CallOptions } from '../port/cluster.ts'
import type { KafkaClient } from './kafka-client.ts'

export class KafkaProducer {
  readonly #client: KafkaClient

  constructor(client: KafkaClient) {
    this.#client = client
  }

  async append(_appends: readonly Append[], _options: CallOptions): Promise<readonly AppendOutcome[]> {
    throw new Error(`not yet ${this.#client.clusterName}`)
  }

  async close(_deadline: AbortSignal | undefined): Promise<void> {}
}
