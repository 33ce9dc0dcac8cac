/** A topic on a Kafka, for whoever sends to it. */
export interface KafkaTopic {
  readonly bootstrapServers: string
  readonly topic: string
  readonly partitions: number
}
