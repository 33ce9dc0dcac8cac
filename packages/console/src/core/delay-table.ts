import { pproxyConfigSchema } from '@ddmq/common/registry'
import type { TopicDescription, TopicSpec } from '@ddmq/storage'
import { delayTableSpec } from '@ddmq/storage/delay'
import { InvalidRequestError } from '../errors.ts'
import type { Inventory } from './model.ts'
import { producerTemplate } from './producer-template.ts'

/** That of a new database; reserved whatever the templates say. */
const DEFAULT_PREFIX = 'R_test_chronos_inner_'
/** A log takes more, but that many shards are a mistake. */
const MOST_SHARDS = 1024

const delaySchema = pproxyConfigSchema.shape.carreraConfiguration.shape.delay.unwrap()

/**
 * The table of delayed messages that the producer proxies of a cluster write to, in each of its broker clusters. Throws
 * `CONSOLE_INVALID` where their template says nothing usable of it, as one of an adopted database may.
 */
export function delayTable(inventory: Inventory, clusterId: number): TopicSpec {
  const { prefix, shards } = innerTopics(inventory, clusterId)
  if (prefix !== '' && shards >= 1 && shards <= MOST_SHARDS) return delayTableSpec(prefix, shards)
  const cluster = inventory.clusters.find(candidate => candidate.id === clusterId)?.name ?? clusterId
  throw new InvalidRequestError(
    `delayTopic: delayed messages need delay.chronosInnerTopicPrefix and delay.innerTopicNum (1 to ${MOST_SHARDS}) in proxy_conf of the producer proxies of cluster ${cluster}`,
  )
}

/** Names that begin with one of these are the delay service's own, whichever cluster they are for. */
export function innerTopicPrefixes(inventory: Inventory): readonly string[] {
  const prefixes = inventory.clusters.map(({ id }) => innerTopics(inventory, id).prefix)
  return [...new Set([DEFAULT_PREFIX, ...prefixes.filter(prefix => prefix !== '')])]
}

/**
 * Why a topic that is there already cannot be the table; empty where it can, with however many partitions. Without
 * compaction, or with deletion beside it, pending messages go by age; without the log's own time a repeated add may be delivered twice.
 */
export function delayTableProblems({ compacted, deletes, appendTime }: TopicDescription): readonly string[] {
  return [
    ...(compacted === true ? [] : ['it is not compacted (Kafka: cleanup.policy=compact)']),
    ...(compacted === true && deletes
      ? ['its records are deleted by age or size besides (Kafka: cleanup.policy=compact alone)']
      : []),
    ...(appendTime === false
      ? ['its records do not get the time of their append (Kafka: message.timestamp.type=LogAppendTime)']
      : []),
  ]
}

function innerTopics(inventory: Inventory, clusterId: number) {
  const { data } = delaySchema.safeParse(producerTemplate(inventory, clusterId)?.['delay'])
  return { prefix: data?.chronosInnerTopicPrefix ?? '', shards: data?.innerTopicNum ?? 0 }
}
