import type { TopicPartition } from '../port/record.ts'

/** The partitions in a member's assignment, as the "consumer" protocol of Kafka writes them. Nothing where there is none. */
export function decodeAssignment(bytes: Buffer): readonly TopicPartition[] {
  if (bytes.length < 6) return []
  const partitions: TopicPartition[] = []
  let at = 2
  const topics = bytes.readInt32BE(at)
  at += 4
  for (let index = 0; index < topics; index++) {
    const length = bytes.readInt16BE(at)
    const topic = bytes.toString('utf8', at + 2, at + 2 + length)
    at += 2 + length
    const count = bytes.readInt32BE(at)
    at += 4
    for (let place = 0; place < count; place++, at += 4) {
      partitions.push({ topic, partition: `${bytes.readInt32BE(at)}` })
    }
  }
  return partitions
}
