import { describeError } from '@ddmq/common/errors'
import { apiVersionsV3, metadataV10 } from '@platformatic/kafka'
import type { TransactionSupport } from '../port/admin.ts'
import { brokerConfigs } from './broker-configs.ts'
import { type HangingTransactions, hangingTransactions } from './broker-version.ts'
import { CLIENT_SOFTWARE, CLIENT_VERSION } from './connections.ts'
import type { KafkaClient } from './kafka-client.ts'
import { isDenial, isDenied, NO_ERROR } from './kafka-errors.ts'
import type { NodeId } from './metadata.ts'
import { replicationOf, topicConfigs } from './topic-admin.ts'

const TOPIC = '__transaction_state'
const FACTOR = 'transaction.state.log.replication.factor'
const MIN_INSYNC = 'transaction.state.log.min.isr'
const MIN_INSYNC_OF_TOPIC = 'min.insync.replicas'
const UNCLEAN = 'unclean.leader.election.enable'

const RIGHTS_ON_TOPIC = 'Describe and DescribeConfigs on the topic'
const RIGHT_ON_CLUSTER = 'DescribeConfigs on the cluster, as the topic is not made yet'

type Seen = Pick<TransactionSupport, 'replication' | 'unseenWithout'>

/** Where Kafka stores how transactions end, and whether its brokers end all of them. */
export async function transactionSupport(client: KafkaClient): Promise<TransactionSupport> {
  const [seen, ends] = await Promise.all([
    client.persist(`topic ${TOPIC}`, () => replicationOfTransactions(client)),
    whetherTheyEnd(client),
  ])
  return { topic: TOPIC, ...seen, ...ends }
}

async function replicationOfTransactions(client: KafkaClient): Promise<Seen> {
  const { topics } = await client.callAny(metadataV10.api, [TOPIC], false, false, false)
  const { errorCode = NO_ERROR, partitions = [] } = topics[0] ?? {}
  if (isDenial(errorCode)) return { unseenWithout: RIGHTS_ON_TOPIC }
  if (partitions.length === 0) return replicationToBe(client)
  const replicas = partitions.map(({ replicaNodes }) => replicaNodes.length)
  try {
    return {
      replication: replicationOf(replicas, await topicConfigs(client, TOPIC, [MIN_INSYNC_OF_TOPIC, UNCLEAN])),
    }
  } catch (thrown) {
    if (isDenied(thrown)) return { unseenWithout: RIGHTS_ON_TOPIC }
    throw thrown
  }
}

/** The brokers make the topic for the first transaction. */
async function replicationToBe(client: KafkaClient): Promise<Seen> {
  const configs = await brokerConfigs(client, [FACTOR, MIN_INSYNC])
  const [factor, minInsync] = [configs.get(FACTOR), configs.get(MIN_INSYNC)]
  if (factor === undefined || minInsync === undefined) return { unseenWithout: RIGHT_ON_CLUSTER }
  // The brokers make their own topics without unclean election, whatever others have.
  return { replication: { factor: Number(factor), minInsync: Number(minInsync), uncleanElection: false } }
}

async function whetherTheyEnd(
  client: KafkaClient,
): Promise<Pick<TransactionSupport, 'mayHang' | 'unchecked'>> {
  const found = await Promise.all([...client.metadata.nodes.keys()].map(node => hangingOn(client, node)))
  const [mayHang] = found.flatMap(broker => broker.mayHang ?? [])
  const unchecked = found.flatMap(broker => broker.unchecked ?? [])
  return {
    ...(mayHang === undefined ? {} : { mayHang }),
    ...(unchecked.length === 0 ? {} : { unchecked }),
  }
}

async function hangingOn(client: KafkaClient, node: NodeId): Promise<HangingTransactions> {
  try {
    const answer = await client.callNode(node, apiVersionsV3.api, CLIENT_SOFTWARE, CLIENT_VERSION)
    return hangingTransactions(node, answer.supportedFeatures ?? [])
  } catch (thrown) {
    return { unchecked: `broker ${node} does not answer (${describeError(thrown)})` }
  }
}
