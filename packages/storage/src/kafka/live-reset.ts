import { StorageError } from '../errors.ts'
import type { AssignmentListener, CommittedOffset } from '../port/membership.ts'
import { nameOf } from './group-plan.ts'
import { newMember } from './groups.ts'
import type { KafkaClient } from './kafka-client.ts'

/** Beside the time that members may take to drain. */
const PATIENCE_MS = 30_000
const POLL_MS = 50

const nobody: AssignmentListener = {
  assigned: async () => undefined,
  revoked: async () => undefined,
  lost: () => undefined,
}

/**
 * Sets positions of a group that has members. The coordinator takes them from members only, so this becomes one that claims
 * these partitions: whoever has them drains and gives them up (M3), so no commit of theirs can come after ours. Then
 * it commits and leaves, and the partitions go back to the others, which start from there (M10).
 */
export async function setCommittedOfLiveGroup(
  client: KafkaClient,
  group: string,
  offsets: readonly CommittedOffset[],
): Promise<void> {
  const claims = offsets.map(({ topic, partition }) => nameOf(topic, partition))
  const member = newMember(client, group, { topics: [], claims, listener: nobody })
  try {
    await member.start()
    const dueMs = client.clock.monotonicMs() + client.settings.drainMs + PATIENCE_MS
    while (member.assignment().length < claims.length) {
      if (client.clock.monotonicMs() > dueMs) {
        throw new StorageError(
          'unavailable',
          `group ${group}: its members did not let go of the partitions in time`,
        )
      }
      await client.clock.sleep(POLL_MS, client.stopping)
    }
    await member.commit(offsets)
  } finally {
    await member.close()
  }
}
