import type { KafkaClient } from './kafka-client.ts'

export class StartChecks {
  readonly #client: KafkaClient

  constructor(client: KafkaClient) {
    this.#client = client
  }

  async first(_abort: AbortSignal | undefined): Promise<void> {
    await this.#client.metadata.refresh().catch(() => undefined)
  }

  open(): void {}

  async close(): Promise<void> {}
}
