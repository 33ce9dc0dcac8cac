import { brokerConfigs } from './broker-configs.ts'
import type { KafkaClient } from './kafka-client.ts'

const SETTING = 'offsets.retention.minutes'

/** How long the brokers keep the positions of a group without members; undefined where this user may not see it. */
export async function offsetsRetentionMs(client: KafkaClient): Promise<number | undefined> {
  const minutes = (await brokerConfigs(client, [SETTING])).get(SETTING)
  return minutes === undefined ? undefined : Number(minutes) * 60_000
}
