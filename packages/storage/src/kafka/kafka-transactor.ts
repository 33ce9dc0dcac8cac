import { StorageError } from '../errors.ts'
import type { Transactor } from '../port/transactor.ts'
import type { KafkaClient } from './kafka-client.ts'

/** Opens the transactor of an id. */
export async function openTransactor(client: KafkaClient, id: string): Promise<Transactor> {
  throw new StorageError(
    'unavailable',
    `kafka cluster ${client.clusterName}: transactor ${id} cannot be opened yet`,
  )
}
