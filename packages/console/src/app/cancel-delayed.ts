import { formatDelayId } from '@ddmq/common/delay'
import { type LogRecord, StorageError } from '@ddmq/storage'
import { cancelOf, delayedRound } from '../core/delayed-message.ts'
import { confsOf } from '../core/lookups.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'
import { type PlacedTable, tablesOf } from './delay-tables.ts'
import { findDelayTopic } from './find.ts'

const DEADLINE_MS = 10_000

export interface Cancelled {
  readonly topic: string
  readonly id: string
  /** The first round that is not delivered. */
  readonly fromRound: number
  /** Where the cancel is stored. */
  readonly brokerClusters: readonly string[]
}

/**
 * Stores a cancel in every broker cluster of the topic: which of them has the message is not looked up, nor whether there is
 * one. When this returns, no round that is due later is delivered. After a failure the same call may be made again.
 */
export async function cancelDelayed(
  app: AppContext,
  request: { readonly topic: string; readonly id: string },
): Promise<Cancelled> {
  const round = delayedRound(request.id)
  const inventory = await app.store.inventory()
  const topic = findDelayTopic(inventory, request.topic)
  const shard = `${round.id.seq}`
  const { tables, noTable } = await withShard(tablesOf(app, inventory, confsOf(inventory, topic.id)), shard)
  if (tables.length === 0)
    throw noTable ?? new InvalidRequestError(`id: ${request.id} names shard ${shard}; there is none`)
  const record = cancelOf(topic.name, round, app.clock.nowMs())
  await Promise.all(tables.map(table => append(table, shard, record)))
  const id = formatDelayId(round.id)
  app.log.info({ topic: topic.name, id }, 'delayed message cancelled')
  const brokerClusters = tables.map(({ log }) => log.clusterName)
  return { topic: topic.name, id, fromRound: round.id.timed, brokerClusters }
}

interface Having {
  readonly tables: readonly PlacedTable[]
  /** Of a broker cluster that has no table. */
  readonly noTable: StorageError | undefined
}

/** A table that has fewer shards has no message of that id, nor has a broker cluster without one, as an adopted one may be. */
async function withShard(tables: readonly PlacedTable[], shard: string): Promise<Having> {
  const asked = await Promise.all(
    tables.map(async table => {
      const partitions = await orUnknown(() => table.log.partitions(table.spec.topic))
      if (partitions instanceof StorageError) return partitions
      return partitions.includes(shard) || (await isAdded(table, shard)) ? table : undefined
    }),
  )
  return {
    tables: asked.flatMap(table => (table === undefined || table instanceof StorageError ? [] : [table])),
    noTable: asked.find(missing => missing instanceof StorageError),
  }
}

/** The shard may have been added since the partitions were learnt; only the cluster itself knows. */
async function isAdded({ log, spec }: PlacedTable, shard: string): Promise<boolean> {
  return !((await orUnknown(() => log.identity(spec.topic, shard))) instanceof StorageError)
}

async function orUnknown<Answer>(ask: () => Answer | Promise<Answer>): Promise<Answer | StorageError> {
  try {
    return await ask()
  } catch (thrown) {
    if (thrown instanceof StorageError && thrown.kind === 'unknownTopic') return thrown
    throw thrown
  }
}

async function append({ log, spec }: PlacedTable, partition: string, record: LogRecord): Promise<void> {
  const appends = [{ topic: spec.topic, partition, records: [record] }]
  const [outcome] = await log.append(appends, { deadlineMs: DEADLINE_MS })
  if (outcome === undefined || !('error' in outcome)) return
  const { kind, message } = outcome.error
  throw new StorageError(kind, `broker cluster ${log.clusterName}: ${message}`, { cause: outcome.error })
}
