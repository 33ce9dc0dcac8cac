/** Hot path: once per message. */
import type { Message } from '@ddmq/common/idl'
import { type LiveClusters, StorageError } from '@ddmq/storage'
import { type Outcome, outcomeOf } from '../core/result-code.ts'
import { clusterIndex, leavesClusterOpen, type Random } from '../core/selection.ts'
import type { ActiveTopic } from './active-topic.ts'
import type { Target } from './target.ts'

/**
 * The target of a message, or the result where there is none: 21 where nothing serves the cluster. Throws `unavailable`
 * where its connection is only not open yet. A message that left the cluster open goes to one that is connected.
 */
export function chooseTarget(
  topic: ActiveTopic,
  message: Message,
  clusters: Pick<LiveClusters, 'isConnecting'>,
  random: Random,
): Target | Outcome {
  const { targets } = topic
  const index = clusterIndex(message, targets.length, random)
  const elsewhere = targets[index] === undefined && leavesClusterOpen(message)
  return (elsewhere ? anyOf(targets, random) : undefined) ?? targetOf(topic, index, clusters)
}

/** The target of one cluster of the topic; the same answers where there is none. */
export function targetOf(
  topic: ActiveTopic,
  index: number,
  clusters: Pick<LiveClusters, 'isConnecting'>,
): Target | Outcome {
  const target = topic.targets[index]
  if (target !== undefined) return target
  const cluster = topic.route.clusters[index] ?? ''
  if (clusters.isConnecting(cluster))
    throw new StorageError('unavailable', `broker cluster ${cluster} is not connected`)
  return outcomeOf('FAIL_NO_PRODUCER_FOR_CLUSTER')
}

/** One of those that are connected. */
export function anyOf(targets: readonly (Target | undefined)[], random: Random): Target | undefined {
  const connected = targets.filter(target => target !== undefined)
  return connected[Math.floor(random() * connected.length)]
}
