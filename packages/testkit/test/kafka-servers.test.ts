import { existsSync } from 'node:fs'
import { eventually, type KafkaVersion, kafkaMissing, kafkaTool, startKafka } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka: ${missing})`
const versions: readonly KafkaVersion[] = ['4', '3']

describe.skipIf(missing !== undefined)(`real Kafka${needs}`, () => {
  test.each(versions)(
    'Kafka %s keeps topics over kill −9, and leaves nothing behind',
    async version => {
      let dir = ''
      {
        await using kafka = await startKafka({ version, settings: { 'num.partitions': '5' } })
        dir = kafka.dir
        const servers = ['--bootstrap-server', kafka.bootstrapServers]
        await kafkaTool('org.apache.kafka.tools.TopicCommand', [...servers, '--create', '--topic', 'kept'])

        await kafka.broker(1).kill()
        await kafka.start()

        const described = await kafkaTool('org.apache.kafka.tools.TopicCommand', [...servers, '--describe'])
        expect(described).toMatch(/Topic: kept\b.*PartitionCount: 5\b/)
        expect(existsSync(dir)).toBe(true)
      }
      expect(existsSync(dir)).toBe(false)
    },
    180_000,
  )

  test('three brokers replicate, and one of them may be frozen, killed and started again', async () => {
    await using kafka = await startKafka({ brokers: 3, proxied: true })
    const inSync = async (): Promise<number | undefined> => {
      const servers = ['--bootstrap-server', kafka.bootstrapServers]
      const described = await kafkaTool('org.apache.kafka.tools.TopicCommand', [...servers, '--describe'])
      return /Isr: (\S+)/.exec(described)?.[1]?.split(',').length
    }
    const create = ['--bootstrap-server', kafka.bootstrapServers, '--create', '--topic', 't']
    await kafkaTool('org.apache.kafka.tools.TopicCommand', create)
    expect(await inSync()).toBe(3)

    await kafka.broker(3).kill()
    await eventually(async () => expect(await inSync()).toBe(2), 60_000)
    await kafka.start()

    await eventually(async () => expect(await inSync()).toBe(3), 60_000)
  }, 180_000)
})
