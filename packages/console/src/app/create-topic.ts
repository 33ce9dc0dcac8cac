import { type LogAdmin, StorageError } from '@ddmq/storage'
import { touchedBy } from '../core/documents/touched.ts'
import type { NewTopic, NewTopicConf } from '../core/model.ts'
import { refuse } from '../core/problem.ts'
import { type Placing, topicConfProblems, topicProblems } from '../core/topic-rules.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'
import { ensureDelayTables } from './delay-tables.ts'
import { logOf } from './find.ts'

export interface RequestedConf extends NewTopicConf {
  readonly partitions: number
}

/**
 * Creates a topic in the log of each unit, then its rows. The order makes every stop in between harmless: a log without
 * rows is adopted by the next try, rows are published by whichever console comes first.
 */
export async function createTopic(
  app: AppContext,
  topic: NewTopic,
  confs: readonly RequestedConf[],
  placing: Placing = 'oncePerCluster',
): Promise<void> {
  await app.changes.run(async store => {
    const inventory = await store.inventory()
    refuse([...topicProblems(inventory, topic), ...topicConfProblems(inventory, confs, placing)])
    if (await store.topicNameTaken(topic.name)) throw new InvalidRequestError('Topic existed')
    if (topic.delayTopic) await ensureDelayTables(app, inventory, confs)
    for (const conf of confs) {
      const { admin } = logOf(app.clusters, inventory, conf.mqServerId)
      await createOrAdopt(admin, topic.name, conf.partitions)
    }
    const scope = { topics: [topic.name], pproxiesOf: confs.map(conf => conf.clusterId) }
    await store.write(async rows => {
      await rows.touch(touchedBy(inventory, scope))
      await rows.insertTopic(topic, confs)
    })
    app.log.info({ topic: topic.name }, 'topic created')
  })
}

/** A topic that is in the log already keeps its partitions and its messages. */
export async function createOrAdopt(admin: LogAdmin, topic: string, partitions: number): Promise<void> {
  try {
    await admin.createTopic({ topic, partitions })
  } catch (thrown) {
    if (!(thrown instanceof StorageError && thrown.kind === 'topicExists')) throw thrown
  }
}
