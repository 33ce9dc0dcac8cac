export { KafkaCluster } from './kafka-cluster.ts'
export type { KafkaClusterOptions } from './options.ts'
export { type KafkaSettings, kafkaSettingsSchema } from './settings.ts'
