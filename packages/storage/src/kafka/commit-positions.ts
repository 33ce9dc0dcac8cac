import type { Clock } from '@ddmq/common/clock'
import { StorageError } from '../errors.ts'
import type { CommittedOffset } from '../port/membership.ts'
import { type GroupProblem, groupProblem, isFencing, toStorageError } from './group-problem.ts'
import type { GroupRequests, MemberIdentity } from './group-requests.ts'

const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 500

export interface CommitBy {
  readonly clock: Clock
  readonly requests: GroupRequests
  readonly withinMs: number
  /** Who commits; asked before every attempt, throws when the partitions are not the committer's any more. */
  identity(): MemberIdentity
  /** The coordinator does not know the committer under the name that it still has. */
  refused(problem: GroupProblem): void
}

/** Stores positions, and goes on trying while the group has no coordinator or forms a generation. */
export async function commitAs(offsets: readonly CommittedOffset[], by: CommitBy): Promise<void> {
  const dueMs = by.clock.monotonicMs() + by.withinMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const identity = by.identity()
    if (offsets.length === 0) return
    try {
      await by.requests.commit(identity, offsets)
      return
    } catch (thrown) {
      const problem = groupProblem(thrown, 'commit')
      if (problem.reason === 'refused') throw toStorageError(problem)
      if (isFencing(problem) && by.identity().memberId === identity.memberId) by.refused(problem)
      if (by.clock.monotonicMs() + pauseMs > dueMs) throw tooLate(problem)
    }
    await by.clock.sleep(pauseMs)
  }
}

function tooLate(problem: GroupProblem): StorageError {
  if (problem.reason !== 'silence') return toStorageError(problem)
  return new StorageError('outcomeUnknown', problem.message, { cause: problem })
}
