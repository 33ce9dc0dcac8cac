import type { Clock } from '@ddmq/common/clock'
import { type AssignmentListener, type LogCluster, type Membership, StorageError } from '@ddmq/storage'

const FIRST_PAUSE_MS = 250
const MAX_PAUSE_MS = 30_000
const TOPIC_CHECK_MS = 1000
const LEAVE_MS = 5000

export interface MembershipWish {
  readonly cluster: LogCluster
  readonly clock: Clock
  readonly group: string
  readonly topics: readonly string[]
  readonly listener: AssignmentListener
  readonly stop: AbortSignal
  /** Asked once `stop` aborted. */
  stopDeadline(): AbortSignal
  /** Called before the first assignment is used to commit. */
  joined(membership: Membership): void
  failed(thrown: unknown): void
}

/**
 * Keeps a group joined until `stop` aborts, then leaves. A topic that does not exist holds up none of the others: the
 * group joins for those that are there, and joins anew when a missing one has appeared.
 */
export async function keepMembership(wish: MembershipWish): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS
  while (!wish.stop.aborted) {
    try {
      const topics = await presentTopics(wish)
      if (topics.length > 0) {
        await beMember(wish, topics)
        pauseMs = FIRST_PAUSE_MS
        continue
      }
    } catch (thrown) {
      wish.failed(thrown)
    }
    await pause(wish, pauseMs)
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)
  }
}

/** Returns after the membership was left: at stop, or because another topic is there now. */
async function beMember(wish: MembershipWish, topics: readonly string[]): Promise<void> {
  const membership = await wish.cluster.join(wish.group, topics, wish.listener)
  wish.joined(membership)
  if (topics.length < wish.topics.length) await moreTopics(wish, topics)
  else await aborted(wish.stop)
  await membership.leave(wish.stop.aborted ? wish.stopDeadline() : AbortSignal.timeout(LEAVE_MS))
}

/** Returns when one of the missing topics is there, or at stop. */
async function moreTopics(wish: MembershipWish, topics: readonly string[]): Promise<void> {
  while (!wish.stop.aborted) {
    await pause(wish, TOPIC_CHECK_MS)
    const present = await presentTopics(wish).catch(() => topics) // Asked again at the next check.
    if (present.length > topics.length) return
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
}

async function presentTopics(wish: MembershipWish): Promise<readonly string[]> {
  const present: string[] = []
  for (const topic of wish.topics) {
    try {
      await wish.cluster.partitions(topic)
      present.push(topic)
    } catch (thrown) {
      if (!(thrown instanceof StorageError) || thrown.kind !== 'unknownTopic') throw thrown
    }
  }
  return present
}

function pause(wish: MembershipWish, ms: number): Promise<void> {
  return wish.clock.sleep(ms, wish.stop).catch(() => undefined) // Ends early at stop.
}
