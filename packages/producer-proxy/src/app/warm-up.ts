import { settledBefore } from '@ddmq/common/async'
import type { Logger } from '@ddmq/common/log'
import type { ActiveTopic } from './active-topic.ts'

/**
 * Asks every cluster for the partitions of its topics, so that the first message of a topic does not pay for it
 * (producer-proxy.md §2.2). What fails or takes too long is asked again by the first message.
 */
export async function warmUp(
  topics: Iterable<ActiveTopic>,
  deadline: AbortSignal,
  log: Logger,
): Promise<void> {
  const asked = Array.from(topics, ({ route, targets }) =>
    targets.map(async target => {
      if (target === undefined) return
      const { cluster } = target
      try {
        await settledBefore(deadline, Promise.resolve(cluster.partitions(route.topic)))
      } catch (err) {
        log.warn({ err, topic: route.topic, cluster: cluster.clusterName }, 'topic was not warmed up')
      }
    }),
  )
  await Promise.all(asked.flat())
}
