import { settledBefore } from '@ddmq/common/async'
import type { Logger } from '@ddmq/common/log'
import type { LogCluster } from '@ddmq/storage'
import { delayTableTopic } from '@ddmq/storage/delay'
import type { TopicTable } from './topic-table.ts'

/**
 * Asks every cluster for the partitions of its topics, and of the table where its delay messages are kept, so that the first
 * message of a topic does not pay for it (producer-proxy.md §2.2). What fails or takes too long is asked again by the first
 * message.
 */
export async function warmUp(table: TopicTable, deadline: AbortSignal, log: Logger): Promise<void> {
  const asked = new Map<LogCluster, Set<string>>()
  const prefix = table.innerTopicPrefix
  for (const { route, targets } of table.active) {
    const delayTable = route.isDelay && prefix.trim() !== '' ? [delayTableTopic(prefix)] : []
    for (const target of targets) {
      if (target === undefined) continue
      const names = asked.get(target.cluster) ?? new Set()
      asked.set(target.cluster, names)
      for (const name of [route.topic, ...delayTable]) names.add(name)
    }
  }
  const each = [...asked].flatMap(([cluster, names]) =>
    Array.from(names, topic => ask(cluster, topic, deadline, log)),
  )
  await Promise.all(each)
}

async function ask(cluster: LogCluster, topic: string, deadline: AbortSignal, log: Logger): Promise<void> {
  try {
    await settledBefore(deadline, Promise.resolve(cluster.partitions(topic)))
  } catch (err) {
    log.warn({ err, topic, cluster: cluster.clusterName }, 'topic was not warmed up')
  }
}
