import { settledBefore } from '@ddmq/common/async'
import { describeError } from '@ddmq/common/errors'
import { type InstanceStats, type MergedStats, mergeStats, type Shard } from '../core/delay-stats.ts'
import { confsOf } from '../core/lookups.ts'
import type { Inventory } from '../core/model.ts'
import type { InstanceAnswer } from '../core/ports.ts'
import type { AppContext } from './context.ts'
import { tableOf } from './delay-tables.ts'

/** How long one broker cluster may take to say which shards it has. */
const WAIT_MS = 3000

export interface DelayStats extends MergedStats {
  readonly instances: readonly InstanceState[]
}

interface InstanceState {
  readonly url: string
  /** What it calls itself; null where it does not answer. */
  readonly instance: string | null
}

/** What the delay service has to do, as far as its instances answer. */
export async function delayStats(app: AppContext): Promise<DelayStats> {
  const inventory = await app.store.inventory()
  const [answers, expected] = await Promise.all([app.delayInstances.stats(), expectedShards(app, inventory)])
  const merged = mergeStats(
    answers.flatMap(at => ('answer' in at ? [at.answer] : [])),
    expected.shards,
  )
  return {
    ...merged,
    instances: answers.map(stateOf),
    problems: [...problemsOf(answers), ...expected.problems, ...merged.problems],
  }
}

/** One line for each instance that did not answer, and one where the configuration names none. */
export function problemsOf(answers: readonly InstanceAnswer<unknown>[]): readonly string[] {
  if (answers.length === 0) return ['the configuration of the console names no delay service (key `chronos`)']
  return answers.flatMap(at => ('problem' in at ? [at.problem] : []))
}

function stateOf(at: InstanceAnswer<InstanceStats>): InstanceState {
  return { url: at.url, instance: 'answer' in at ? at.answer.instance : null }
}

/** The shards of every table that a delay topic writes to. */
async function expectedShards(app: AppContext, inventory: Inventory) {
  const confs = inventory.topics.flatMap(topic => (topic.delayTopic ? confsOf(inventory, topic.id) : []))
  const units = new Map(confs.map(conf => [`${conf.clusterId} ${conf.mqServerId}`, conf]))
  const shards: Shard[] = []
  const problems: string[] = []
  for (const unit of units.values()) {
    try {
      const { log, spec } = tableOf(app, inventory, unit)
      const partitions = Promise.resolve(log.partitions(spec.topic))
      const ids = await settledBefore(AbortSignal.timeout(WAIT_MS), partitions)
      shards.push(...ids.map(shard => ({ cluster: log.clusterName, table: spec.topic, shard })))
    } catch (thrown) {
      problems.push(describeError(thrown))
    }
  }
  return { shards, problems }
}
