import { type LogAdmin, StorageError } from '@ddmq/storage'
import type { NewTopic, NewTopicConf } from '../core/model.ts'
import { refuse } from '../core/problem.ts'
import { topicConfProblems, topicProblems } from '../core/topic-rules.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'
import { logOf } from './find.ts'

export interface RequestedConf extends NewTopicConf {
  readonly partitions: number
}

/**
 * Creates a topic in the log of each unit, then its rows, then its documents. The order makes every stop in between
 * harmless: a log without rows is adopted by the next try, rows without documents are published by the next start.
 */
export async function createTopic(
  app: AppContext,
  topic: NewTopic,
  confs: readonly RequestedConf[],
): Promise<void> {
  await app.changes.run(async () => {
    const inventory = await app.store.inventory()
    refuse([...topicProblems(topic), ...topicConfProblems(inventory, confs)])
    if (await app.store.topicNameTaken(topic.name)) {
      await app.publisher.publish({ topics: [topic.name], pproxiesOf: confs.map(conf => conf.clusterId) })
      throw new InvalidRequestError('Topic existed')
    }
    for (const conf of confs) {
      const { admin } = logOf(app.clusters, inventory, conf.mqServerId)
      await createOrAdopt(admin, topic.name, conf.partitions)
    }
    await app.store.insertTopic(topic, confs)
    await app.publisher.publish({ topics: [topic.name], pproxiesOf: confs.map(conf => conf.clusterId) })
    app.log.info({ topic: topic.name }, 'topic created')
  })
}

/** A topic that is in the log already keeps its partitions and its messages. */
async function createOrAdopt(admin: LogAdmin, topic: string, partitions: number): Promise<void> {
  try {
    await admin.createTopic({ topic, partitions })
  } catch (thrown) {
    if (!(thrown instanceof StorageError && thrown.kind === 'topicExists')) throw thrown
  }
}
