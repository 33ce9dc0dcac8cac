import { settledBefore } from '@ddmq/common/async'
import { describeError } from '@ddmq/common/errors'
import type { LogCluster } from '@ddmq/storage'
import type { Inventory } from '../core/model.ts'
import type { AppContext } from './context.ts'
import { logOf, serverIdsOf } from './find.ts'

/** How long one broker cluster may take to answer, so that the others are shown all the same. */
const WAIT_MS = 3000

export interface LogAnswers<Answer> {
  readonly answers: readonly Answer[]
  /** One line for each broker cluster that did not answer. */
  readonly problems: readonly string[]
}

/** Asks every broker cluster that stores a topic, side by side; one that does not answer hides none of the others. */
export async function askLogs<Answer>(
  app: AppContext,
  inventory: Inventory,
  place: { readonly topicId: number; readonly clusterId?: number },
  ask: (log: LogCluster) => Promise<Answer>,
): Promise<LogAnswers<Answer>> {
  const ids = serverIdsOf(inventory, place.topicId, place.clusterId)
  const asked = await Promise.all(
    ids.map(async id => {
      try {
        const answer = ask(logOf(app.clusters, inventory, id))
        return { answer: await settledBefore(AbortSignal.timeout(WAIT_MS), answer) }
      } catch (thrown) {
        const name = inventory.mqServers.find(mqServer => mqServer.id === id)?.name ?? String(id)
        return { problem: app.clusters.problemOf(name) ?? `broker cluster ${name}: ${describeError(thrown)}` }
      }
    }),
  )
  return {
    answers: asked.flatMap(({ answer }) => (answer === undefined ? [] : [answer])),
    problems: asked.flatMap(({ problem }) => problem ?? []),
  }
}
