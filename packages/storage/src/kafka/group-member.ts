import { StorageError } from '../errors.ts'
import type { AssignmentListener, Membership } from '../port/membership.ts'
import type { KafkaClient } from './kafka-client.ts'

/** Becomes a member of a group. */
export async function joinGroup(
  client: KafkaClient,
  group: string,
  _topics: readonly string[],
  _listener: AssignmentListener,
): Promise<Membership> {
  throw new StorageError(
    'unavailable',
    `kafka cluster ${client.clusterName}: group ${group} cannot be joined yet`,
  )
}
