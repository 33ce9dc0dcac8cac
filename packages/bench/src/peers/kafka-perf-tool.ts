import { kafkaTool } from '@ddmq/testkit'
import type { KafkaTopic } from '../servers/kafka-topic.ts'

export interface PerfToolLoad {
  /** Measured, after those that warm it up. */
  readonly messages: number
  readonly warmUpMessages: number
  readonly bodyBytes: number
}

/**
 * Messages per second of Kafka's own Java producer in one thread, as the tool reports them: acks=all, its own batching, as many in
 * flight as fit in the producer's memory of 32 MiB.
 */
export async function runKafkaPerfTool(
  { bootstrapServers, topic }: KafkaTopic,
  { messages, warmUpMessages, bodyBytes }: PerfToolLoad,
): Promise<number> {
  const options = {
    topic,
    'num-records': warmUpMessages + messages,
    'warmup-records': warmUpMessages,
    'record-size': bodyBytes,
    throughput: -1,
    'bootstrap-server': bootstrapServers,
    'command-property': 'acks=all',
  }
  const printed = await kafkaTool(
    'org.apache.kafka.tools.ProducerPerformance',
    Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]),
    { isMeasured: true },
  )
  const [, rate] = printed.match(/steady state records sent, ([\d.]+) records\/sec[^\n]*99\.9th/) ?? []
  if (rate === undefined) throw new Error(`Kafka's tool reported no rate: ${printed}`)
  return Number(rate)
}
