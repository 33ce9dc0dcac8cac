import { offsetForLeaderEpochV4 } from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import type { PartitionId } from '../port/record.ts'
import type { KafkaClient } from './kafka-client.ts'
import { codeName, errorOfCode, NO_ERROR } from './kafka-errors.ts'

const NO_REPLICA = -1
/** The log knows of no such epoch and of none after it: nothing is known to be what it was. */
const UNKNOWN = -1n

/** The first offset of the epochs after that one, by the leader; the end of the log where there are none. */
export async function endOfEpoch(
  client: KafkaClient,
  at: { readonly topic: string; readonly partition: PartitionId },
  epoch: number,
): Promise<number> {
  const { topic, partition } = at
  const what = `epoch ${epoch} of topic ${topic} partition ${partition}`
  return client.persist(what, async () => {
    const { partitions } = await client.metadata.topicWith(topic, partition)
    const { index = 0, leader = -1, leaderEpoch = -1 } = partitions[Number(partition)] ?? {}
    try {
      const question = { partitionIndex: index, currentLeaderEpoch: leaderEpoch, leaderEpoch: epoch }
      const { topics } = await client.callNode(leader, offsetForLeaderEpochV4.api, NO_REPLICA, [
        { name: topic, partitions: [question] },
      ])
      const answer = topics[0]?.partitions[0]
      if (answer === undefined) throw new StorageError('retriable', `${what}: no answer`)
      const { errorCode, endOffset } = answer
      if (codeName(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION')
        throw new StorageError('retriable', `${what}: not there yet`)
      if (errorCode !== NO_ERROR) throw errorOfCode(errorCode, what)
      return endOffset === UNKNOWN ? 0 : Number(endOffset)
    } catch (thrown) {
      await client.metadata.refresh([topic])
      throw thrown
    }
  })
}
