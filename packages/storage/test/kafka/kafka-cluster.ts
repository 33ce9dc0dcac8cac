import { systemClock } from '@ddmq/common/clock'
import { KafkaCluster, type KafkaClusterOptions, kafkaSettingsSchema } from '@ddmq/storage/kafka'
import { testLogger } from '@ddmq/testkit'

type Extra = Partial<Omit<KafkaClusterOptions, 'settings'>> & { readonly settings?: Record<string, unknown> }

export function kafkaOptions(
  bootstrapServers: string,
  { settings, ...extra }: Extra = {},
): KafkaClusterOptions {
  return {
    clusterName: 'K_test',
    clock: systemClock,
    log: testLogger().log,
    ...extra,
    settings: kafkaSettingsSchema.parse({ bootstrapServers, ...settings }),
  }
}

/** A started cluster. */
export async function openKafka(bootstrapServers: string, extra: Extra = {}): Promise<KafkaCluster> {
  const cluster = new KafkaCluster(kafkaOptions(bootstrapServers, extra))
  await cluster.start()
  return cluster
}
