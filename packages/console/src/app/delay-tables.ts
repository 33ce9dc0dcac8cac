import {
  type LogAdmin,
  type LogCluster,
  StorageError,
  type TopicDescription,
  type TopicSpec,
} from '@ddmq/storage'
import { delayTable, delayTableProblems } from '../core/delay-table.ts'
import type { Inventory, NewTopicConf } from '../core/model.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'
import { logOf } from './find.ts'

export type Unit = Pick<NewTopicConf, 'clusterId' | 'mqServerId'>

/** A table of delayed messages and the log it is in. */
export interface PlacedTable {
  readonly log: LogCluster
  readonly spec: TopicSpec
}

/** The table that a unit of a delay topic writes to. Throws where its broker cluster is not connected. */
export function tableOf(app: AppContext, inventory: Inventory, { clusterId, mqServerId }: Unit): PlacedTable {
  return { log: logOf(app.clusters, inventory, mqServerId), spec: delayTable(inventory, clusterId) }
}

/** The tables of several units, each once. */
export function tablesOf(
  app: AppContext,
  inventory: Inventory,
  units: readonly Unit[],
): readonly PlacedTable[] {
  const places = units.map(unit => tableOf(app, inventory, unit))
  return [...new Map(places.map(place => [`${place.log.clusterName} ${place.spec.topic}`, place])).values()]
}

/**
 * Makes sure that the tables of a delay topic's units are there. One that was there before is adopted, or refused by what
 * it lacks.
 */
export async function ensureDelayTables(
  app: AppContext,
  inventory: Inventory,
  units: readonly Unit[],
): Promise<void> {
  for (const { log, spec } of tablesOf(app, inventory, units)) {
    const problems = delayTableProblems(await createOrFind(log.admin, spec))
    if (problems.length === 0) continue
    throw new InvalidRequestError(
      `delayTopic: topic ${spec.topic} of broker cluster ${log.clusterName} cannot hold delayed messages: ${problems.join('; ')}`,
    )
  }
}

async function createOrFind(admin: LogAdmin, table: TopicSpec): Promise<TopicDescription> {
  try {
    return (await admin.describeTopic(table.topic)) ?? (await admin.createTopic(table))
  } catch (thrown) {
    // Somebody else made it in between.
    const isThere = thrown instanceof StorageError && thrown.kind === 'topicExists'
    const found = isThere ? await admin.describeTopic(table.topic) : undefined
    if (found === undefined) throw thrown
    return found
  }
}
