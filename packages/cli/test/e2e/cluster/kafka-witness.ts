import { kafkaTool } from '@ddmq/testkit'

export interface GroupRow {
  readonly partition: string
  readonly committedOffset: number
  readonly endOffset: number
  readonly lag: number
}

/** How far Kafka's own tool says a group has come in a topic, by partition. */
export async function groupInKafka(
  bootstrap: string,
  group: string,
  topic: string,
): Promise<readonly GroupRow[]> {
  const printed = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
    '--bootstrap-server',
    bootstrap,
    '--describe',
    '--group',
    group,
  ])
  const [titles = '', ...lines] = printed
    .split('\n')
    .filter(line => line.includes(topic) || line.startsWith('GROUP'))
  const names = titles.split(/\s+/)
  return lines
    .map(line => new Map(line.split(/\s+/).map((value, index) => [names[index], value])))
    .filter(row => row.get('TOPIC') === topic)
    .map(row => ({
      partition: row.get('PARTITION') ?? '',
      committedOffset: Number(row.get('CURRENT-OFFSET')),
      endOffset: Number(row.get('LOG-END-OFFSET')),
      lag: Number(row.get('LAG')),
    }))
    .toSorted((a, b) => a.partition.localeCompare(b.partition))
}
