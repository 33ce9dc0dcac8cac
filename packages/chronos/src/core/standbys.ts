import { createHash } from 'node:crypto'
import type { GroupMember, PartitionId } from '@ddmq/storage'

/**
 * Which partitions a member follows without owning them, so that it can take them over at once: of each owned partition as many
 * members as there are to be replicas beside its owner, spread evenly, the same in the eyes of every member.
 */
export function standbyPartitions(
  members: readonly GroupMember[],
  memberId: string,
  replicas: number,
): ReadonlySet<PartitionId> {
  const mine = new Set<PartitionId>()
  for (const owner of members) {
    if (owner.memberId === memberId) continue
    for (const { partition } of owner.assignment) {
      const standbys = members
        .filter(member => member !== owner)
        .map(member => ({ id: member.memberId, rank: rankOf(member.memberId, partition) }))
        .toSorted((a, b) => a.rank - b.rank)
        .slice(0, replicas - 1)
      if (standbys.some(({ id }) => id === memberId)) mine.add(partition)
    }
  }
  return mine
}

function rankOf(memberId: string, partition: PartitionId): number {
  return createHash('sha1').update(`${partition} ${memberId}`).digest().readUInt32BE(0)
}
