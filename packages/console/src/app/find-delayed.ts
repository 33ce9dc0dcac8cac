import { formatDelayId } from '@ddmq/common/delay'
import { delayedRound } from '../core/delayed-message.ts'
import type { MessageQuery, PendingMessage } from '../core/ports.ts'
import type { AppContext } from './context.ts'
import { problemsOf } from './delay-stats.ts'
import { findDelayTopic } from './find.ts'

export type FoundMessage = ({ readonly found: false } | ({ readonly found: true } & PendingMessage)) & {
  /** Instances that did not answer: what is not found may be theirs. */
  readonly problems: readonly string[]
}

/**
 * Looks a delayed message up: what its owner says counts. Where an instance does not answer, which may be the owner, what a
 * standby says is better than nothing.
 */
export async function findDelayed(app: AppContext, query: MessageQuery): Promise<FoundMessage> {
  const { id } = delayedRound(query.id)
  const { name: topic } = findDelayTopic(await app.store.inventory(), query.topic)
  const answers = await app.delayInstances.find({ ...query, topic, id: formatDelayId(id) })
  const problems = problemsOf(answers)
  const known = answers.flatMap(at => ('answer' in at ? (at.answer ?? []) : []))
  const message = known.find(({ role }) => role === 'owner') ?? (problems.length > 0 ? known[0] : undefined)
  return message === undefined ? { found: false, problems } : { found: true, ...message, problems }
}
