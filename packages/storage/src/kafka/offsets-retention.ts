import { ConfigResourceTypes, describeConfigsV4 } from '@platformatic/kafka'
import type { KafkaClient } from './kafka-client.ts'

const SETTING = 'offsets.retention.minutes'

/** How long the brokers keep the positions of a group without members; undefined where this user may not see it. */
export async function offsetsRetentionMs(client: KafkaClient): Promise<number | undefined> {
  const [node = 0] = client.metadata.nodes.keys()
  const broker = {
    resourceType: ConfigResourceTypes.BROKER,
    resourceName: `${node}`,
    configurationKeys: [SETTING],
  }
  // A broker answers only for itself.
  const { results } = await client.callNode(node, describeConfigsV4.api, [broker], false, false)
  const value = results[0]?.configs.find(({ name }) => name === SETTING)?.value
  return value === undefined || value === null ? undefined : Number(value) * 60_000
}
