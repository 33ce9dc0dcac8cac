import { ConfigResourceTypes, describeConfigsV4 } from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import type { KafkaClient } from './kafka-client.ts'
import type { NodeId } from './metadata.ts'

/**
 * Settings of the brokers that were asked for, as the first of them has them that answers; those are missing that this user may
 * not see. Rejects when none answers.
 */
export async function brokerConfigs(
  client: KafkaClient,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  let failure: unknown = new StorageError(
    'retriable',
    `kafka cluster ${client.clusterName}: no broker is known`,
  )
  for (const node of client.metadata.nodes.keys()) {
    try {
      return await configsOf(client, node, names)
    } catch (thrown) {
      failure = thrown
    }
  }
  throw failure
}

async function configsOf(
  client: KafkaClient,
  node: NodeId,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const broker = {
    resourceType: ConfigResourceTypes.BROKER,
    resourceName: `${node}`,
    configurationKeys: [...names],
  }
  // A broker answers only for itself.
  const { results } = await client.callNode(node, describeConfigsV4.api, [broker], false, false)
  const configs = results[0]?.configs ?? []
  return new Map(configs.flatMap(({ name, value }) => (typeof value === 'string' ? [[name, value]] : [])))
}
