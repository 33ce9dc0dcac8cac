import { systemClock } from '@ddmq/common/clock'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { KafkaCluster, kafkaSettingsSchema } from '@ddmq/storage/kafka'
import { testLogger } from '@ddmq/testkit'
import type { z } from 'zod'

export type SettingsInput = z.input<typeof kafkaSettingsSchema>

/** An engine of ours that was started against these brokers, with all it logged; stopped when it is disposed. */
export async function openKafka(settings: SettingsInput, clusterName = 'R_test') {
  const logger = testLogger()
  const metrics = new MetricsRegistry()
  const cluster = new KafkaCluster({
    clusterName,
    settings: kafkaSettingsSchema.parse(settings),
    clock: systemClock,
    log: logger.log,
    metrics,
  })
  await cluster.start()
  return {
    cluster,
    logger,
    metrics,
    /** Lines of a level an operator sees. */
    complaints: () => logger.lines.filter(({ level }) => level === 'warn' || level === 'error'),
    [Symbol.asyncDispose]: () => cluster.stop(),
  }
}
